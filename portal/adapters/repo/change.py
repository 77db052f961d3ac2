"""Build one commit beside everything else: blobs, a private index, a checked tree, a commit object."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.adapters.repo import kustomize
from portal.adapters.repo.git import Git
from portal.adapters.repo.tree import Entry, blobs, entries
from portal.adapters.repo.workspace import write
from portal.adapters.threads import Threads
from portal.core.repository import CommitRequest
from portal.errors import RefusedError

AUTHOR = ("zerotouch-portal", "zerotouch-portal@localhost")
_DISK_SECONDS = 30.0
# With mode 0, `update-index --index-info` takes a path out.
_NO_BLOB = "0" * 40


@dataclass(frozen=True, slots=True)
class Change:
    """The wanted files as blobs of the mirror, and the folder they all lie in."""

    git: Git
    threads: Threads
    directory: Path
    folder: str
    blobs: Mapping[str, str]
    removed: tuple[str, ...] = ()

    async def standing(self, head: str) -> dict[str, Entry]:
        """What stands at the wanted paths at `head`."""
        wanted = {*self.blobs, *self.removed}
        found = await entries(self.git, head, *sorted(wanted))
        for path, entry in found.items():
            if path not in wanted or not entry.is_file:
                raise RefusedError(
                    f"{path} is not a plain file in the repository", system="git", operation="commit"
                )
        return found

    async def tree(self, head: str, standing: Mapping[str, Entry]) -> str:
        """The tree of `head` with the wanted files in it."""
        env = {"GIT_INDEX_FILE": str(self.directory / "index")}
        await self.git.local("read-tree", head, env=env)
        lines = [
            f"{standing[path].mode if path in standing else '100644'} {blob}\t{path}\0"
            for path, blob in self.blobs.items()
        ]
        lines += [f"0 {_NO_BLOB}\t{path}\0" for path in self.removed if path in standing]
        await self.git.local("update-index", "-z", "--index-info", stdin="".join(lines).encode(), env=env)
        return (await self.git.local("write-tree", env=env)).text

    async def check(self, tree: str) -> None:
        """Every overlay this change touches must render; a change of the base touches all of them."""
        argv = await self.threads.call(kustomize.required, timeout=_DISK_SECONDS)
        found = await entries(self.git, tree, self.folder)
        files = {path: entry for path, entry in found.items() if entry.is_file}
        overlays = self._overlays(files)
        contents = await blobs(self.git, (entry.blob for entry in files.values()))
        place = self.directory / tree
        texts = {path: contents[entry.blob] for path, entry in files.items()}
        await write(self.threads, place, texts)
        for overlay in overlays:
            await kustomize.check(self.threads, argv, place, overlay)

    async def commit(self, tree: str, head: str, message: str) -> str:
        """A commit object on top of `head`."""
        env = await self._identity()
        output = await self.git.local(
            "commit-tree", "-p", head, "-F", "-", tree, stdin=message.encode(), env=env
        )
        return output.text

    def _overlays(self, files: Mapping[str, Entry]) -> list[str]:
        below = f"{self.folder}overlays/"
        present = {
            path.rpartition("/")[0]
            for path in files
            if path.startswith(below) and path.rpartition("/")[2] in kustomize.FILES
        }
        touched = (*self.blobs, *self.removed)
        if all(path.startswith(below) for path in touched):
            present &= {"/".join(path.split("/")[:4]) for path in touched}
        return sorted(present)

    async def _identity(self) -> dict[str, str]:
        """The person git knows, else the portal itself."""
        name = (await self.git.attempt("config", "--get", "user.name")).text or AUTHOR[0]
        email = (await self.git.attempt("config", "--get", "user.email")).text or AUTHOR[1]
        return {
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": email,
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": email,
        }


async def stage(git: Git, threads: Threads, directory: Path, folder: str, asked: CommitRequest) -> Change:
    """Write the files into the mirror's object database; nothing refers to them yet."""
    files = asked.files
    texts = {str(number): text.encode() for number, text in enumerate(files.values())}
    await write(threads, directory / "blobs", texts)
    paths = "".join(f"{directory / 'blobs' / name}\n" for name in texts)
    output = await git.local("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=paths.encode())
    made = dict(zip(files, output.text.split(), strict=True))
    return Change(git, threads, directory, folder, made, asked.removed)
