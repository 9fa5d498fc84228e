"""The demo campaign as files, and the programs that made it as modules."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format

from fancam.v1.campaign_pb2 import Campaign
from fancam.v1.shot_pb2 import Shot

DEMO = Path(__file__).resolve().parents[2] / "campaigns" / "demo"


@pytest.fixture(scope="session")
def demo() -> Path:
    """The campaign's folder."""
    return DEMO


@pytest.fixture(scope="session")
def source() -> Iterator[Callable[[str], Any]]:
    """Loads one of the programs in `source/`; they find each other the way they do when they are run."""
    sys.path.insert(0, str(DEMO / "source"))
    yield importlib.import_module
    sys.path.remove(str(DEMO / "source"))


@pytest.fixture(scope="session")
def campaign() -> Campaign:
    return json_format.ParseDict(yaml.safe_load((DEMO / "campaign.yaml").read_text()), Campaign())


@pytest.fixture(scope="session")
def shots(campaign: Campaign) -> dict[str, Shot]:
    """Each cut's shot, by the cut's id, in the order of the film."""
    return {
        cut.id: json_format.ParseDict(yaml.safe_load((DEMO / cut.shot).read_text()), Shot()) for cut in campaign.cuts
    }
