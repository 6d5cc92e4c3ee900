"""A Spark session that finds Java and this Python, or says what is missing."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tsuide.errors import MissingExtra

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_OURS: Final = {
    "spark.sql.session.timeZone": "UTC",  # times without a zone are UTC, as everywhere in Tsuide
    "spark.sql.execution.arrow.maxRecordsPerBatch": "200000",
    "spark.ui.showConsoleProgress": "false",
    "spark.python.worker.faulthandler.enabled": "true",  # a worker that dies in a kernel says where
    "spark.sql.execution.pyspark.udf.faulthandler.enabled": "true",
}
_ALONE: Final = {  # on this machine only: nothing listens to the network
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}


def java() -> str | None:
    """Where Java is: JAVA_HOME's, or the first on the path; None where there is none."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").is_file():
        return str(Path(home) / "bin" / "java")
    return shutil.which("java")


def missing() -> str | None:
    """What stands in the way of Spark, one line; None where nothing does."""
    try:
        import pyspark  # noqa: F401 - only whether it is there
    except ImportError:
        return "pyspark is not installed"
    return None if java() else "Java is not installed"


def spark_session(master: str = "local[*]", *, settings: Mapping[str, str] | None = None) -> "SparkSession":
    """The running session, or a new one.

    In local mode everything is bound to 127.0.0.1. The workers' Python is this one, unless PYSPARK_PYTHON names
    another: on a cluster, one that has tsuide installed.

    Args:
        master: ``local[n]``: n threads of this machine; else the address of a cluster. Under spark-submit a
            session runs already, and is taken.
        settings: of Spark, over ours.

    Raises:
        MissingExtra: pyspark or Java is missing.
    """
    lacking = missing()
    if lacking:
        raise MissingExtra(lacking, key="spark", way_out='pip install "tsuide[spark]" and install Java 17')
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    ours = dict(_OURS)
    if master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        ours |= _ALONE
    builder = SparkSession.builder.master(master).appName("tsuide")
    for key, value in {**ours, **(settings or {})}.items():
        builder = builder.config(key, value)
    session: SparkSession = builder.getOrCreate()
    return session
