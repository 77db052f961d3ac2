"""Scalars of built-in kinds that Go holds by pointer: their zero value is a value, others' vanishes."""

from typing import Final

_FIELDS: Final = """
core.v1.AzureDiskVolumeSource: cachingMode fsType readOnly kind
core.v1.CSIVolumeSource: readOnly fsType
core.v1.ClientIPConfig: timeoutSeconds
core.v1.ClusterTrustBundleProjection: name signerName optional
core.v1.ConfigMap: immutable
core.v1.ConfigMapEnvSource: optional
core.v1.ConfigMapKeySelector: optional
core.v1.ConfigMapProjection: optional
core.v1.ConfigMapVolumeSource: defaultMode optional
core.v1.Container: restartPolicy
core.v1.ContainerStatus: started stopSignal
core.v1.DownwardAPIVolumeFile: mode
core.v1.DownwardAPIVolumeSource: defaultMode
core.v1.EndpointAddress: nodeName
core.v1.EndpointPort: appProtocol
core.v1.EphemeralContainer: restartPolicy
core.v1.FCVolumeSource: lun
core.v1.FileKeySelector: optional
core.v1.GRPCAction: service
core.v1.HostPathVolumeSource: type
core.v1.ISCSIVolumeSource: initiatorName
core.v1.KeyToPath: mode
core.v1.Lifecycle: stopSignal
core.v1.LoadBalancerIngress: ipMode
core.v1.PersistentVolumeClaimSpec: storageClassName volumeMode volumeAttributesClassName
core.v1.PersistentVolumeClaimStatus: currentVolumeAttributesClassName
core.v1.PersistentVolumeSpec: volumeMode volumeAttributesClassName
core.v1.PodCertificateProjection: maxExpirationSeconds
core.v1.PodDNSConfigOption: value
core.v1.PodResourceClaim: resourceClaimName resourceClaimTemplateName
core.v1.PodSecurityContext: runAsUser runAsGroup runAsNonRoot fsGroup fsGroupChangePolicy
core.v1.PodSecurityContext: supplementalGroupsPolicy seLinuxChangePolicy
core.v1.PodSpec: terminationGracePeriodSeconds activeDeadlineSeconds automountServiceAccountToken
core.v1.PodSpec: shareProcessNamespace priority runtimeClassName enableServiceLinks preemptionPolicy
core.v1.PodSpec: setHostnameAsFQDN hostUsers hostnameOverride
core.v1.PortStatus: error
core.v1.Probe: terminationGracePeriodSeconds
core.v1.ProjectedVolumeSource: defaultMode
core.v1.ReplicationControllerSpec: replicas
core.v1.AppArmorProfile: localhostProfile
core.v1.SeccompProfile: localhostProfile
core.v1.Secret: immutable
core.v1.SecretEnvSource: optional
core.v1.SecretKeySelector: optional
core.v1.SecretProjection: optional
core.v1.SecretVolumeSource: defaultMode optional
core.v1.SecurityContext: privileged runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem
core.v1.SecurityContext: allowPrivilegeEscalation procMount
core.v1.ServiceAccount: automountServiceAccountToken
core.v1.ServiceAccountTokenProjection: expirationSeconds
core.v1.ServicePort: appProtocol
core.v1.ServiceSpec: ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy
core.v1.ServiceSpec: trafficDistribution
core.v1.Toleration: tolerationSeconds
core.v1.TopologySpreadConstraint: minDomains nodeAffinityPolicy nodeTaintsPolicy
core.v1.VolumeMount: mountPropagation recursiveReadOnly
core.v1.VolumeMountStatus: recursiveReadOnly
core.v1.WindowsSecurityContextOptions: gmsaCredentialSpecName gmsaCredentialSpec runAsUserName hostProcess
meta.v1.ObjectMeta: deletionGracePeriodSeconds
meta.v1.OwnerReference: controller blockOwnerDeletion
apps.v1.DaemonSetSpec: revisionHistoryLimit
apps.v1.DaemonSetStatus: collisionCount
apps.v1.DeploymentSpec: replicas revisionHistoryLimit progressDeadlineSeconds
apps.v1.DeploymentStatus: collisionCount terminatingReplicas
apps.v1.ReplicaSetSpec: replicas
apps.v1.ReplicaSetStatus: terminatingReplicas
apps.v1.RollingUpdateStatefulSetStrategy: partition
apps.v1.StatefulSetSpec: replicas revisionHistoryLimit
apps.v1.StatefulSetStatus: collisionCount
batch.v1.CronJobSpec: timeZone startingDeadlineSeconds suspend successfulJobsHistoryLimit
batch.v1.CronJobSpec: failedJobsHistoryLimit
batch.v1.JobSpec: parallelism completions activeDeadlineSeconds backoffLimit backoffLimitPerIndex
batch.v1.JobSpec: maxFailedIndexes manualSelector ttlSecondsAfterFinished completionMode suspend
batch.v1.JobSpec: podReplacementPolicy managedBy
batch.v1.JobStatus: terminating ready failedIndexes
batch.v1.PodFailurePolicyOnExitCodesRequirement: containerName
batch.v1.SuccessPolicyRule: succeededIndexes succeededCount
autoscaling.v2.HPAScalingRules: stabilizationWindowSeconds selectPolicy
autoscaling.v2.HorizontalPodAutoscalerSpec: minReplicas
autoscaling.v2.HorizontalPodAutoscalerStatus: observedGeneration
autoscaling.v2.MetricTarget: averageUtilization
autoscaling.v2.MetricValueStatus: averageUtilization
policy.v1.PodDisruptionBudgetSpec: unhealthyPodEvictionPolicy
networking.v1.HTTPIngressPath: pathType
networking.v1.IngressClassParametersReference: apiGroup scope namespace
networking.v1.IngressPortStatus: error
networking.v1.IngressSpec: ingressClassName
networking.v1.NetworkPolicyPort: protocol endPort
storage.v1.StorageClass: reclaimPolicy allowVolumeExpansion volumeBindingMode
scheduling.v1.PriorityClass: preemptionPolicy
coordination.v1.LeaseSpec: holderIdentity leaseDurationSeconds leaseTransitions strategy preferredHolder
discovery.v1.Endpoint: hostname nodeName zone
discovery.v1.EndpointConditions: ready serving terminating
discovery.v1.EndpointPort: name protocol port appProtocol
apiextensions.v1.CustomResourceDefinitionVersion: deprecationWarning
apiextensions.v1.CustomResourceSubresourceScale: labelSelectorPath
apiextensions.v1.JSONSchemaProps: $ref maximum minimum maxLength minLength maxItems minItems multipleOf
apiextensions.v1.JSONSchemaProps: maxProperties minProperties x-kubernetes-preserve-unknown-fields
apiextensions.v1.JSONSchemaProps: x-kubernetes-list-type x-kubernetes-map-type
apiextensions.v1.ServiceReference: path port
apiextensions.v1.ValidationRule: reason optionalOldSelf
apiextensions.v1.WebhookClientConfig: url
"""


def _parsed() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _FIELDS.strip().splitlines():
        name, _, fields = line.partition(": ")
        found.setdefault(name, set()).update(fields.split())
    return {name: frozenset(fields) for name, fields in found.items()}


POINTERS: Final = _parsed()
