"""What docs/dashboard.md shows can be used as it stands there."""

import re
from pathlib import Path

from dashboard.services.safe_yaml import read_yaml
from dashboard.settings import DashboardSettings
from noria.typed_config import parse_config

TEXT = (Path(__file__).parents[2] / "docs" / "dashboard.md").read_text(encoding="utf-8")


def test_the_settings_fit(tmp_path):
    (shown,) = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
    settings = parse_config(DashboardSettings, {"home": str(tmp_path), **read_yaml(shown)}, origin="the docs")
    assert settings.notifications.webhooks
