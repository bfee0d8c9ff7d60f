"""How a process that reads is started: isolated, with a bare environment and a careful GDAL.

None of this is the boundary, which `geo.sandbox` is; it keeps drivers from looking around.
"""

import os
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[1])
START = f"import sys; sys.path.insert(0, {_ROOT!r}); from geo.{{module}} import main; main()"
"""What `python -I -c` runs: `main` of a module of this package."""

_CAREFUL = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{noext}",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",  # nothing listens there: a file that links to an address gets no answer
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_NUM_THREADS": "1",
    "GDAL_CACHEMAX": "64",
    "OGR_GEOJSON_MAX_OBJ_SIZE": "200",
    "PROJ_NETWORK": "OFF",
}
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a process that forks has one thread
}


def environment() -> dict[str, str]:
    """The whole environment of a process that reads."""
    names = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return kept | {"LANG": "C.UTF-8"} | _ONE_THREAD | _CAREFUL
