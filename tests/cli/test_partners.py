"""``wangting exchange``, ``notices``, ``devices``: partners are set only where messages may go, and their simulators say why they cannot start."""

import socket

import pytest

from tests.cli.conftest import Home

SECRETS = {"WANGTING_EXCHANGE_SECRET": "a secret that both sides know", "WANGTING_SMS_SECRET": "a secret that both sides know"}


@pytest.mark.parametrize(("group", "option"), [("exchange", "--url"), ("notices", "--sms-url")])
def test_an_address_that_will_not_do_is_refused_and_not_kept(demo: Home, group: str, option: str) -> None:
    for bad in ("partner", "http://partner.example/", "https://[", "https://partner.example:port/"):
        assert bad in demo.refused(group, "configure", option, bad)
    assert demo.ok(group, "configure").startswith("–")
    assert demo.ok(group, "configure", option, "https://partner.example/in").startswith("https://partner.example/in")
    assert demo.ok(group, "configure", option, "").startswith("–")


@pytest.mark.parametrize("group", ["exchange", "notices", "devices"])
def test_a_simulator_names_the_port_that_is_taken(demo: Home, group: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = demo.refused(group, "simulate", "--port", port, **SECRETS)
    assert port in said and "--port" in said
