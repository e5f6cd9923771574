"""What cannot work in a component, by name, and what to use instead."""

from __future__ import annotations

_WEB = "use `ravenry.http`, `urllib.request` or, with its transport of `ravenry`, httpx"
_WAIT = "use `async def respond` and asyncio, which waits for several things at once without them"
_ALONE = "a bot is one process in a sandbox: do it in Python here, or ask a service by HTTP"
_SERVE = "the gateway serves the bot, so nothing of it is needed here: leave it out"
_MODEL = "ask a model by HTTP (`openai`, `ravenry.http`) or a bot (`ravenry.poe.ask`) instead"
_DATA = "do small sums with lists, `statistics` and `math`, larger ones in a service by HTTP"
_STORE = (
    "`ravenry.store` keeps what a bot is to remember; a database is reached by HTTP only, and"
    " `sqlite3` works in memory"
)
_CALL = "call the function itself: there are no threads, and nothing else waits"
_HASH = (
    "it is OpenSSL's, which is not here: use `hmac` or `hashlib.blake2b(data, key=…, salt=…)`; what"
    " has to be slow, such as for passwords, is for a service by HTTP"
)
_DBM = (
    "use `dbm.dumb`, which `dbm.open` and `shelve` take by themselves. Its files are gone with the"
    " query: `ravenry.store` keeps what a bot is to remember"
)

MODULES: dict[str, str] = {
    "_ctypes": _ALONE,
    "_posixsubprocess": _ALONE,
    "bz2": "use `zlib` or `gzip`",
    "cgi": "Python 3.13 has removed it",
    "ctypes": _ALONE,
    "curses": "there is no terminal",
    "dbm.gnu": _DBM,
    "dbm.ndbm": _DBM,
    "dbm.sqlite3": _DBM,
    "fcntl": (
        "the files of a bot are in memory, and one query has them for itself; what several change"
        " at once is for `ravenry.store`"
    ),
    "getpass": "keys come from the bot's variables: `os.environ`",
    "idlelib": "there is no window",
    "imp": "Python 3.12 has removed it: use `importlib`",
    "lzma": "use `zlib` or `gzip`",
    "mmap": "read the file instead",
    "msvcrt": "there is no terminal",
    "multiprocessing": _WAIT,
    "pty": "there is no terminal",
    "readline": "there is no terminal",
    "resource": "the gateway measures and limits",
    "socketserver": _SERVE,
    "ssl": "the gateway does TLS: " + _WEB + " with `https` URLs",
    "subprocess": _ALONE,
    "termios": "there is no terminal",
    "tkinter": "there is no window",
    "turtle": "there is no window",
    "venv": "the bot's `requirements.txt` says what it needs",
    "winreg": "there is no Windows",
}
"""Modules of Python's library that cannot be imported, or have no use, each with what to do."""

USES: dict[str, str] = {
    "asyncio.create_subprocess_exec": _ALONE,
    "asyncio.create_subprocess_shell": _ALONE,
    "asyncio.open_connection": _WEB,
    "asyncio.start_server": _SERVE,
    "asyncio.to_thread": _CALL,
    "concurrent.futures.ProcessPoolExecutor": _WAIT,
    "concurrent.futures.ThreadPoolExecutor": _WAIT,
    "hashlib.pbkdf2_hmac": _HASH,
    "hashlib.scrypt": _HASH,
    "http.server.HTTPServer": _SERVE,
    "http.server.ThreadingHTTPServer": _SERVE,
    "os.execv": _ALONE,
    "os.execve": _ALONE,
    "os.execvp": _ALONE,
    "os.fork": _ALONE,
    "os.popen": _ALONE,
    "os.posix_spawn": _ALONE,
    "os.system": _ALONE,
    "socket.create_connection": _WEB,
    "socket.create_server": _SERVE,
    "socket.getaddrinfo": _WEB,
    "socket.gethostbyname": _WEB,
    "socket.socket": _WEB,
    "socket.socketpair": _WAIT,
    "_thread.start_new_thread": _WAIT,
    "threading.Thread": _WAIT,
    "threading.Timer": "use `asyncio.sleep` in a task of its own",
    "urllib.request.HTTPSHandler": "the gateway does TLS: plain `urlopen` takes `https` URLs",
}
"""Names of modules that can be imported but do not work, each with what to do."""

METHODS: dict[str, str] = {"run_in_executor": _CALL, "to_thread": _CALL}
"""What `asyncio` and its loops call so, however the file came by them, and what to do instead."""

FILES_OF_SQLITE = (
    "`sqlite3.connect({0!r})` does not work here: SQLite has no files. What a bot is to remember,"
    " `ravenry.store` keeps. For sums, open `:memory:`; a file that there is can be read with"
    " `connection.deserialize(open({0!r}, 'rb').read())`"
)
"""What is said of a database that is a file."""

PACKAGES: dict[str, str] = {
    "aiohttp": _WEB,
    "asyncpg": _STORE,
    "bcrypt": "a slow hash is for a service by HTTP; `hmac` and `hashlib.blake2b` are there",
    "bottle": _SERVE,
    "cffi": _ALONE,
    "cryptography": "use `hashlib`, `hmac` and `secrets`, or sign with a service by HTTP",
    "cv2": _ALONE,
    "django": _SERVE,
    "faiss": _DATA,
    "fitz": "read PDF files with a service, or a package such as pypdf",
    "flask": _SERVE,
    "gevent": _WAIT,
    "greenlet": _WAIT,
    "grpc": _WEB,
    "gunicorn": _SERVE,
    "httptools": _SERVE,
    "hypercorn": _SERVE,
    "jiter": "use `json`",
    "llama_cpp": _MODEL,
    "lxml": "use `xml.etree.ElementTree` or `html.parser`",
    "matplotlib": "draw SVG as text and attach it with `reply.attach`",
    "moviepy": _ALONE,
    "msgspec": "use `json` and dataclasses",
    "multidict": _WEB,
    "mysqlclient": _STORE,
    "MySQLdb": _STORE,
    "nacl": "use `hashlib`, `hmac` and `secrets`",
    "numpy": _DATA,
    "onnxruntime": _MODEL,
    "orjson": "use `json`",
    "pandas": "use `csv`, `sqlite3` in memory and `statistics`",
    "PIL": "images can be handed on as they are, or changed by a service",
    "playwright": _ALONE,
    "polars": "use `csv`, `sqlite3` in memory and `statistics`",
    "psutil": "the gateway measures and limits",
    "psycopg2": _STORE,
    "psycopg": _STORE,
    "pyarrow": _DATA,
    "pydantic": "use dataclasses; the models of `fastapi_poe` are there without it",
    "pydantic_core": "use dataclasses; the models of `fastapi_poe` are there without it",
    "pydantic_settings": "use dataclasses and `os.environ`",
    "pymongo": _STORE,
    "regex": "use `re`",
    "scipy": _DATA,
    "selenium": _ALONE,
    "sentence_transformers": _MODEL,
    "sklearn": _DATA,
    "skimage": _DATA,
    "spacy": _MODEL,
    "tensorflow": _MODEL,
    "tiktoken": "count tokens roughly, as four characters each, or use the numbers of the model",
    "tokenizers": "count tokens roughly, as four characters each, or use the numbers of the model",
    "torch": _MODEL,
    "transformers": _MODEL,
    "ujson": "use `json`",
    "uvicorn": _SERVE,
    "uvloop": "the loop of `asyncio` is made for this place already",
    "websocket": _WEB,
    "websockets": _WEB,
    "zmq": _WEB,
}
"""Packages that cannot work, by the name with which they are imported, each with what to do."""

DISTRIBUTIONS: dict[str, str] = {
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "googleapiclient": "google-api-python-client",
    "jwt": "PyJWT",
    "markdown_it": "markdown-it-py",
    "slugify": "python-slugify",
    "yaml": "PyYAML",
}
"""How packages are named in requirements.txt that are imported under another name."""

OURS = frozenset(
    {"fastapi", "fastapi_poe", "modal", "openai", "ravenry", "sse_starlette", "starlette"}
)
"""Packages that are there without being asked for."""

BESIDE = frozenset({"componentize_py_types", "poll_loop", "tzdata", "wit_world"})
"""What is there besides: of the tool that makes components, and the time zones."""
