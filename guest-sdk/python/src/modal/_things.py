"""Things that Modal has and a bot has not: they can be named, and refuse to be used."""

from __future__ import annotations

from typing import Any, NoReturn

from . import _noted


class Absent:
    """Something that can be made and passed on. Whatever is asked of it is refused by name."""

    def __init__(self, *args: Any, **options: Any) -> None:
        pass

    @classmethod
    def from_name(cls, *args: Any, **options: Any) -> Any:
        """One that exists at Modal."""
        return cls()

    lookup = from_name
    from_id = from_name
    persisted = from_name
    ephemeral = from_name
    new = from_name

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"`{type(self).__name__}.{name}` is not there: {_noted.NO_MODAL}")


class Secret(Absent):
    """Variables of the environment. Those that the file has are set; others are the manifest's."""

    @classmethod
    def from_dict(cls, env_dict: dict[str, str | None] | None = None, **_: Any) -> Secret:
        """Sets these variables, unless the bot's configuration has them."""
        _noted.environment(env_dict)
        return cls()

    @classmethod
    def from_dotenv(cls, *args: Any, **options: Any) -> Secret:
        """Variables of a file that stays on the author's machine."""
        return cls()

    @classmethod
    def from_local_environ(cls, env_keys: list[str]) -> Secret:
        """Variables that the bot's configuration has to have."""
        return cls()


class Mount(Absent):
    """Files of the author's machine, noted for the build."""

    @classmethod
    def from_local_dir(cls, local_path: object, *, remote_path: object = None, **_: Any) -> Mount:
        """A directory. Without a place, it is below `/root`."""
        _noted.mount(local_path, remote_path, is_directory=True)
        return cls()

    @classmethod
    def from_local_file(cls, local_path: object, remote_path: object = None) -> Mount:
        """A file."""
        _noted.mount(local_path, remote_path, is_directory=False)
        return cls()

    @classmethod
    def from_local_python_packages(cls, *names: str, **_: Any) -> Mount:
        """Modules beside the bot, which are taken in anyway."""
        return cls()

    def add_local_dir(self, local_path: object, *, remote_path: object = None, **_: Any) -> Mount:
        """One more directory."""
        return self.from_local_dir(local_path, remote_path=remote_path)

    def add_local_file(self, local_path: object, *, remote_path: object = None) -> Mount:
        """One more file."""
        return self.from_local_file(local_path, remote_path)


class Volume(Absent):
    """Storage, which a bot has not."""


class NetworkFileSystem(Absent):
    """Storage, which a bot has not."""


class CloudBucketMount(Absent):
    """Storage, which a bot has not."""


class Dict(Absent):
    """A dict that outlives a query, which a bot has not."""


class Queue(Absent):
    """A queue that outlives a query, which a bot has not."""


class Retries(Absent):
    """How often to try again."""


class Cron(Absent):
    """When to run."""


class Period(Absent):
    """How often to run."""


class _Gpu(Absent):
    """Any kind of GPU, by name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent


gpu = _Gpu()
