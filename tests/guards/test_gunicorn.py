"""What gunicorn makes of a request that the gateway passes on."""

import runpy

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import create

GATEWAY = ("127.0.0.1", 40000)


@pytest.fixture(params=["deploy/gunicorn.conf.py", "deploy/gunicorn_live.conf.py"])
def configured(request, monkeypatch):
    monkeypatch.setenv("PORT", "8000")
    told = Config()
    for name, value in runpy.run_path(request.param).items():
        if name in told.settings:
            told.set(name, value)
    return told


@pytest.mark.parametrize("header", ["SCRIPT_NAME", "Script_name", "PATH_INFO", "REMOTE_USER"])
def test_no_header_from_outside_makes_another_address_of_the_one_the_gateway_saw(
    configured, header
):
    raw = f"GET /v1/metrics HTTP/1.1\r\nHost: needlepoint\r\n{header}: /v1\r\n\r\n".encode()
    asked = next(RequestParser(configured, iter([raw]), GATEWAY))

    _, environ = create(asked, None, GATEWAY, ("127.0.0.1", 8000), configured)

    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", "/v1/metrics")
    assert "REMOTE_USER" not in environ
