"""Archives as nobody honest makes them."""

import io
import tarfile
import tempfile


def archive(*members, mode="w:gz"):
    """A gzipped tar in a temporary file; members are (name, content) or TarInfo, or (TarInfo, content)."""
    target = tempfile.TemporaryFile()  # noqa: SIM115
    with tarfile.open(fileobj=target, mode=mode, format=tarfile.PAX_FORMAT) as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            info, content = member
            if isinstance(info, str):
                info = tarfile.TarInfo(info)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    target.seek(0)
    return target


def special(name, kind, link=""):
    """A member that is no regular file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def as_file(content):
    """These bytes as a temporary file."""
    target = tempfile.TemporaryFile()  # noqa: SIM115
    target.write(content)
    target.seek(0)
    return target
