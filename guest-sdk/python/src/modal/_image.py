"""The image of a container: each step returns the image again."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Self

from . import _noted


class Image:
    """What a container would be made of. Packages, files and variables are noted for the build."""

    @classmethod
    def debian_slim(cls, *args: Any, **options: Any) -> Self:
        """The usual beginning."""
        return cls()

    from_registry = debian_slim
    from_dockerfile = debian_slim
    from_aws_ecr = debian_slim
    from_gcp_artifact_registry = debian_slim
    from_scratch = debian_slim
    from_name = debian_slim
    micromamba = debian_slim
    conda = debian_slim

    def pip_install(self, *packages: Any, **options: Any) -> Self:
        """Packages of Python."""
        _noted.install(packages)
        return self

    uv_pip_install = pip_install

    def pip_install_from_requirements(self, requirements_txt: Any, **options: Any) -> Self:
        """Packages of Python, from a file."""
        _noted.install_from(requirements_txt)
        return self

    def env(self, vars: dict[str, Any]) -> Self:
        """Variables of the environment, set unless the bot's configuration has them."""
        _noted.environment(vars)
        return self

    def add_local_dir(self, local_path: Any, remote_path: Any = None, **options: Any) -> Self:
        """A directory of the author's machine."""
        _noted.mount(local_path, remote_path, is_directory=True)
        return self

    copy_local_dir = add_local_dir

    def add_local_file(self, local_path: Any, remote_path: Any = None, **options: Any) -> Self:
        """A file of the author's machine."""
        _noted.mount(local_path, remote_path, is_directory=False)
        return self

    copy_local_file = add_local_file

    def copy_mount(self, mount: Any, remote_path: Any = None) -> Self:
        """What is mounted has been noted already."""
        return self

    @contextmanager
    def imports(self) -> Generator[None]:
        """Imports that only the container has: here they are imports like others."""
        yield

    def __getattr__(self, name: str) -> Callable[..., Self]:
        """Any further step, such as `apt_install` or `run_commands`, has no effect."""
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: self
