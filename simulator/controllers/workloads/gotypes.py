"""The Go types a pod template is made of, field by field in their order: what its hash is taken of.

`Name type` is a field; `>Type` embeds a struct, whose fields stand in the same JSON object; `Name:json type`
names the JSON field where it is not the Go name in camel case. `~Type` is a named string, `*` a pointer.
"""

from dataclasses import dataclass
from typing import Final

_TYPES: Final = """
PodTemplateSpec = ObjectMeta:metadata ObjectMeta | Spec PodSpec
ObjectMeta = Name string | GenerateName string | Namespace string | SelfLink string | UID:uid ~types.UID
 | ResourceVersion string | Generation int64 | CreationTimestamp Time | DeletionTimestamp *Time
 | DeletionGracePeriodSeconds *int64 | Labels map[string]string | Annotations map[string]string
 | OwnerReferences []OwnerReference | Finalizers []string | ManagedFields []ManagedFieldsEntry
PodSpec = Volumes []Volume | InitContainers []Container | Containers []Container
 | EphemeralContainers []EphemeralContainer | RestartPolicy ~RestartPolicy
 | TerminationGracePeriodSeconds *int64 | ActiveDeadlineSeconds *int64 | DNSPolicy:dnsPolicy ~DNSPolicy
 | NodeSelector map[string]string | ServiceAccountName string | DeprecatedServiceAccount:serviceAccount string
 | AutomountServiceAccountToken *bool | NodeName string | HostNetwork bool | HostPID bool | HostIPC bool
 | ShareProcessNamespace *bool | SecurityContext *PodSecurityContext
 | ImagePullSecrets []LocalObjectReference | Hostname string | Subdomain string | Affinity *Affinity
 | SchedulerName string | Tolerations []Toleration | HostAliases []HostAlias | PriorityClassName string
 | Priority *int32 | DNSConfig:dnsConfig *PodDNSConfig | ReadinessGates []PodReadinessGate
 | RuntimeClassName *string | EnableServiceLinks *bool | PreemptionPolicy *~PreemptionPolicy
 | Overhead ResourceList | TopologySpreadConstraints []TopologySpreadConstraint | SetHostnameAsFQDN *bool
 | OS:os *PodOS | HostUsers *bool | SchedulingGates []PodSchedulingGate | ResourceClaims []PodResourceClaim
 | Resources *ResourceRequirements | HostnameOverride *string | SchedulingGroup *PodSchedulingGroup
Container = Name string | Image string | Command []string | Args []string | WorkingDir string
 | Ports []ContainerPort | EnvFrom []EnvFromSource | Env []EnvVar | Resources ResourceRequirements
 | ResizePolicy []ContainerResizePolicy | RestartPolicy *~ContainerRestartPolicy
 | RestartPolicyRules []ContainerRestartRule | VolumeMounts []VolumeMount | VolumeDevices []VolumeDevice
 | LivenessProbe *Probe | ReadinessProbe *Probe | StartupProbe *Probe | Lifecycle *Lifecycle
 | TerminationMessagePath string | TerminationMessagePolicy ~TerminationMessagePolicy
 | ImagePullPolicy ~PullPolicy | SecurityContext *SecurityContext | Stdin bool | StdinOnce bool | TTY:tty bool
ContainerPort = Name string | HostPort int32 | ContainerPort int32 | Protocol ~Protocol | HostIP string
EnvFromSource = Prefix string | ConfigMapRef *ConfigMapEnvSource | SecretRef *SecretEnvSource
ConfigMapEnvSource = >LocalObjectReference | Optional *bool
SecretEnvSource = >LocalObjectReference | Optional *bool
LocalObjectReference = Name string
EnvVar = Name string | Value string | ValueFrom *EnvVarSource
EnvVarSource = FieldRef *ObjectFieldSelector | ResourceFieldRef *ResourceFieldSelector
 | ConfigMapKeyRef *ConfigMapKeySelector | SecretKeyRef *SecretKeySelector | FileKeyRef *FileKeySelector
ObjectFieldSelector = APIVersion:apiVersion string | FieldPath string
ResourceFieldSelector = ContainerName string | Resource string | Divisor Quantity
ConfigMapKeySelector = >LocalObjectReference | Key string | Optional *bool
SecretKeySelector = >LocalObjectReference | Key string | Optional *bool
FileKeySelector = VolumeName string | Path string | Key string | Optional *bool
ResourceRequirements = Limits ResourceList | Requests ResourceList | Claims []ResourceClaim
ResourceClaim = Name string | Request string
ContainerResizePolicy = ResourceName ~ResourceName | RestartPolicy ~ResourceResizeRestartPolicy
VolumeMount = Name string | ReadOnly bool | RecursiveReadOnly *~RecursiveReadOnlyMode | MountPath string
 | SubPath string | MountPropagation *~MountPropagationMode | SubPathExpr string
VolumeDevice = Name string | DevicePath string
Probe = >ProbeHandler | InitialDelaySeconds int32 | TimeoutSeconds int32 | PeriodSeconds int32
 | SuccessThreshold int32 | FailureThreshold int32 | TerminationGracePeriodSeconds *int64
ProbeHandler = Exec *ExecAction | HTTPGet:httpGet *HTTPGetAction | TCPSocket:tcpSocket *TCPSocketAction
 | GRPC:grpc *GRPCAction
ExecAction = Command []string
HTTPGetAction = Path string | Port IntOrString | Host string
 | Scheme ~URIScheme | HTTPHeaders:httpHeaders []HTTPHeader
HTTPHeader = Name string | Value string
TCPSocketAction = Port IntOrString | Host string
GRPCAction = Port int32 | Service *string
SleepAction = Seconds int64
Lifecycle = PostStart *LifecycleHandler | PreStop *LifecycleHandler | StopSignal *~Signal
LifecycleHandler = Exec *ExecAction | HTTPGet:httpGet *HTTPGetAction
 | TCPSocket:tcpSocket *TCPSocketAction | Sleep *SleepAction
SecurityContext = Capabilities *Capabilities | Privileged *bool
 | SELinuxOptions:seLinuxOptions *SELinuxOptions
 | WindowsOptions *WindowsSecurityContextOptions | RunAsUser *int64 | RunAsGroup *int64 | RunAsNonRoot *bool
 | ReadOnlyRootFilesystem *bool | AllowPrivilegeEscalation *bool | ProcMount *~ProcMountType
 | SeccompProfile *SeccompProfile | AppArmorProfile *AppArmorProfile
PodSecurityContext = SELinuxOptions:seLinuxOptions *SELinuxOptions
 | WindowsOptions *WindowsSecurityContextOptions | RunAsUser *int64 | RunAsGroup *int64 | RunAsNonRoot *bool
 | SupplementalGroups []int64 | SupplementalGroupsPolicy *~SupplementalGroupsPolicy | FSGroup:fsGroup *int64
 | Sysctls []Sysctl | FSGroupChangePolicy:fsGroupChangePolicy *~PodFSGroupChangePolicy
 | SeccompProfile *SeccompProfile | AppArmorProfile *AppArmorProfile
 | SELinuxChangePolicy:seLinuxChangePolicy *~PodSELinuxChangePolicy
Capabilities = Add []~Capability | Drop []~Capability
SELinuxOptions = User string | Role string | Type string | Level string
SeccompProfile = Type ~SeccompProfileType | LocalhostProfile *string
AppArmorProfile = Type ~AppArmorProfileType | LocalhostProfile *string
Sysctl = Name string | Value string
Toleration = Key string | Operator ~TolerationOperator | Value string | Effect ~TaintEffect
 | TolerationSeconds *int64
HostAlias = IP:ip string | Hostnames []string
PodDNSConfig = Nameservers []string | Searches []string | Options []PodDNSConfigOption
PodDNSConfigOption = Name string | Value *string
PodReadinessGate = ConditionType ~PodConditionType
TopologySpreadConstraint = MaxSkew int32 | TopologyKey string
 | WhenUnsatisfiable ~UnsatisfiableConstraintAction | LabelSelector *LabelSelector | MinDomains *int32
 | NodeAffinityPolicy *~NodeInclusionPolicy | NodeTaintsPolicy *~NodeInclusionPolicy | MatchLabelKeys []string
LabelSelector = MatchLabels map[string]string | MatchExpressions []LabelSelectorRequirement
LabelSelectorRequirement = Key string | Operator ~LabelSelectorOperator | Values []string
PodOS = Name ~OSName
PodSchedulingGate = Name string
Affinity = NodeAffinity *NodeAffinity | PodAffinity *PodAffinity | PodAntiAffinity *PodAntiAffinity
NodeAffinity = RequiredDuringSchedulingIgnoredDuringExecution *NodeSelector
 | PreferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm
PreferredSchedulingTerm = Weight int32 | Preference NodeSelectorTerm
NodeSelector = NodeSelectorTerms []NodeSelectorTerm
NodeSelectorTerm = MatchExpressions []NodeSelectorRequirement | MatchFields []NodeSelectorRequirement
NodeSelectorRequirement = Key string | Operator ~NodeSelectorOperator | Values []string
PodAffinity = RequiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm
 | PreferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm
PodAntiAffinity = RequiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm
 | PreferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm
WeightedPodAffinityTerm = Weight int32 | PodAffinityTerm PodAffinityTerm
PodAffinityTerm = LabelSelector *LabelSelector | Namespaces []string | TopologyKey string
 | NamespaceSelector *LabelSelector | MatchLabelKeys []string | MismatchLabelKeys []string
Volume = Name string | >VolumeSource
VolumeSource = HostPath *HostPathVolumeSource | EmptyDir *EmptyDirVolumeSource
 | GCEPersistentDisk:gcePersistentDisk *GCEPersistentDiskVolumeSource
 | AWSElasticBlockStore:awsElasticBlockStore *AWSElasticBlockStoreVolumeSource
 | GitRepo *GitRepoVolumeSource | Secret *SecretVolumeSource | NFS:nfs *NFSVolumeSource
 | ISCSI:iscsi *ISCSIVolumeSource | Glusterfs *GlusterfsVolumeSource
 | PersistentVolumeClaim *PersistentVolumeClaimVolumeSource | RBD:rbd *RBDVolumeSource
 | FlexVolume *FlexVolumeSource | Cinder *CinderVolumeSource | CephFS:cephfs *CephFSVolumeSource
 | Flocker *FlockerVolumeSource | DownwardAPI *DownwardAPIVolumeSource | FC:fc *FCVolumeSource
 | AzureFile *AzureFileVolumeSource | ConfigMap *ConfigMapVolumeSource
 | VsphereVolume *VsphereVirtualDiskVolumeSource | Quobyte *QuobyteVolumeSource
 | AzureDisk *AzureDiskVolumeSource | PhotonPersistentDisk *PhotonPersistentDiskVolumeSource
 | Projected *ProjectedVolumeSource | PortworxVolume *PortworxVolumeSource | ScaleIO *ScaleIOVolumeSource
 | StorageOS:storageos *StorageOSVolumeSource | CSI:csi *CSIVolumeSource | Ephemeral *EphemeralVolumeSource
 | Image *ImageVolumeSource
HostPathVolumeSource = Path string | Type *~HostPathType
EmptyDirVolumeSource = Medium ~StorageMedium | SizeLimit *Quantity
SecretVolumeSource = SecretName string | Items []KeyToPath | DefaultMode *int32 | Optional *bool
ConfigMapVolumeSource = >LocalObjectReference | Items []KeyToPath | DefaultMode *int32 | Optional *bool
KeyToPath = Key string | Path string | Mode *int32
NFSVolumeSource = Server string | Path string | ReadOnly bool
PersistentVolumeClaimVolumeSource = ClaimName string | ReadOnly bool
DownwardAPIVolumeSource = Items []DownwardAPIVolumeFile | DefaultMode *int32
DownwardAPIVolumeFile = Path string | FieldRef *ObjectFieldSelector | ResourceFieldRef *ResourceFieldSelector
 | Mode *int32
ProjectedVolumeSource = Sources []VolumeProjection | DefaultMode *int32
VolumeProjection = Secret *SecretProjection | DownwardAPI *DownwardAPIProjection
 | ConfigMap *ConfigMapProjection | ServiceAccountToken *ServiceAccountTokenProjection
 | ClusterTrustBundle *ClusterTrustBundleProjection | PodCertificate *PodCertificateProjection
SecretProjection = >LocalObjectReference | Items []KeyToPath | Optional *bool
ConfigMapProjection = >LocalObjectReference | Items []KeyToPath | Optional *bool
DownwardAPIProjection = Items []DownwardAPIVolumeFile
ServiceAccountTokenProjection = Audience string | ExpirationSeconds *int64 | Path string
CSIVolumeSource = Driver string | ReadOnly *bool | FSType:fsType *string
 | VolumeAttributes map[string]string | NodePublishSecretRef *LocalObjectReference
ImageVolumeSource = Reference string | PullPolicy ~PullPolicy
"""


@dataclass(frozen=True, slots=True)
class GoField:
    """One field of a struct; an embedded one reads from the same JSON object."""

    name: str
    json: str
    type: str
    embedded: bool = False


def _parsed() -> dict[str, tuple[GoField, ...]]:
    joined = _TYPES.strip().replace("\n ", " ")
    structs = (line.partition(" = ") for line in joined.splitlines())
    return {name: tuple(_field(text.strip()) for text in fields.split("|")) for name, _, fields in structs}


def _field(text: str) -> GoField:
    if text.startswith(">"):
        return GoField(text[1:], "", text[1:], embedded=True)
    named, _, kind = text.partition(" ")
    name, _, given = named.partition(":")
    return GoField(name, given or name[:1].lower() + name[1:], kind)


STRUCTS: Final = _parsed()
