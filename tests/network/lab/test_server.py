"""R16: what the lab's server refuses, what it says of itself, and that nothing makes it fail."""

import contextlib
import http.client
import json
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FailedHealthCheck, Unsatisfiable

from network.commands.init import init
from network.lab.security import HEADERS, MAX_BODY_BYTES, HostCheck
from network.runs.names import find_run
from pipeline.storage.cache import Cache
from tests.support.browser import running_lab
from tests.support.pace import PATIENCE
from tests.support.small_digits import NAME, make_small_digits

MADE_UP = "R16: {cases:,} requests made up by schemathesis, {failed} answered with 500 or more"
REFUSED = "R16: {cases} foreign requests, large bodies and paths for names, {taken} not refused"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A lab with a run, a link that looks like one, and a file beside its cache."""
    folder = tmp_path_factory.mktemp("server")
    cache = make_small_digits(folder)
    init(dataset=NAME, hidden="3", name="first", cache_dir=cache.root, quiet=True)
    (folder / "secret.npz").write_bytes(find_run(cache, "first").checkpoint.read_bytes())
    (cache.runs() / "link").symlink_to(cache.runs() / "first")
    with running_lab(cache) as started:
        yield started


@pytest.fixture
def refused(figure):
    """Count what is proved to be refused."""

    def count(status, *expected):
        figure(REFUSED, cases=1, taken=int(status not in expected))
        assert status in expected

    return count


def port(lab):
    return urlsplit(lab.address).port


def authorized(lab):
    """Write the header that lets a program in."""
    return "".join(f"{name}: {text}\r\n" for name, text in lab.headers.items())


def send(lab, raw):
    """Send bytes as they are, and return the status and the body of the answer."""
    with socket.create_connection(("127.0.0.1", port(lab)), timeout=PATIENCE) as connection:
        connection.sendall(raw)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read()


# --- who may ask ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:PORT"},
        {"Host": "127.0.0.1.evil.example:PORT"},
        {"Host": "localhost.evil.example"},
        {"Host": ""},
        {"Host": "[::1].evil.example"},
        {"Host": "192.0.2.1:PORT"},
        {"Origin": "http://evil.example"},
        {"Origin": "https://127.0.0.1:PORT"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost:PORT"},  # the page was opened as 127.0.0.1
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize(("method", "path"), [("GET", "runs"), ("POST", "trainings")])
def test_a_foreign_host_or_origin_is_refused(lab, headers, method, path, refused):
    given_headers = {name: text.replace("PORT", str(port(lab))) for name, text in headers.items()}
    answer = lab.request(
        method, f"{lab.address}api/{path}", headers=given_headers, json={}, timeout=PATIENCE
    )
    refused(answer.status_code, 400, 403)
    assert "error" in answer.json()
    assert "runs" not in answer.json()


@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT", "[::1]:9", "LOCALHOST"])
def test_this_machine_may_ask_by_any_of_its_own_names(lab, host):
    name = host.replace("PORT", str(port(lab)))
    headers = {"Host": name, "Origin": f"http://{name}", "Sec-Fetch-Site": "same-origin"}
    assert lab.get(f"{lab.address}api/runs", headers=headers, timeout=PATIENCE).ok


def test_another_address_is_admitted_when_the_lab_listens_there():
    asked = ["192.0.2.7:8000", "evil.example", "localhost", "192.0.2.8", "[2001:db8::1]:80"]
    assert list(map(HostCheck("192.0.2.7").accepts_host, asked)) == [
        True,
        False,
        True,
        False,
        False,
    ]
    assert list(map(HostCheck("0.0.0.0").accepts_host, asked)) == [True, False, True, True, True]
    assert HostCheck("0.0.0.0").accepts_host(socket.gethostname())


def test_listening_for_others_is_said(tmp_path):
    command = [sys.executable, "-m", "network", "lab", "--host", "0.0.0.0", "--port", "0"]
    with subprocess.Popen(
        [*command, "--no-browser", "--cache-dir", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout.readline().startswith("The lab is at http://127.0.0.1:")
        process.terminate()
        assert "other machines can reach the lab on 0.0.0.0" in process.communicate()[1]
    assert process.returncode == 0


# --- the token --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "main.js", "api/runs", "api/trainings/first/events"])
@pytest.mark.parametrize(
    "given",
    [
        {}, {"params": {"token": "wrong"}}, {"params": {"token": ""}},
        {"headers": {"Authorization": "Bearer wrong"}}, {"headers": {"Authorization": "Bearer"}},
        {"headers": {"Authorization": "Basic TOKEN"}}, {"headers": {"Authorization": "TOKEN"}},
        {"cookies": {"lab-token-PORT": "wrong"}}, {"cookies": {"lab-token-1": "TOKEN"}},
        {"cookies": {"other": "TOKEN"}}, {"params": {"token": "TOKENx"}},
        {"params": {"tokens": "TOKEN"}}, {"params": {"token": "tök€n"}},
    ],
    ids=str,
)  # fmt: skip
def test_without_the_token_nothing_is_answered(lab, path, given, refused):
    options = {
        kind: {fill(lab, name): fill(lab, text) for name, text in values.items()}
        for kind, values in given.items()
    }
    answer = requests.get(lab.address + path, timeout=PATIENCE, **options)
    refused(answer.status_code, 403)
    assert "the address that `network lab` printed" in answer.text
    assert answer.text.count("\n") == (0 if "api" in path else 1)
    assert "Set-Cookie" not in answer.headers


def fill(lab, text):
    token = lab.entrance.partition("=")[2]
    return text.replace("TOKEN", token).replace("PORT", str(port(lab)))


def test_the_address_that_is_printed_leaves_a_cookie_that_is_enough(lab):
    with requests.Session() as browser:
        entered = browser.get(lab.entrance, timeout=PATIENCE, allow_redirects=False)
        assert (entered.status_code, entered.headers["Location"]) == (303, "/")
        cookie = entered.headers["Set-Cookie"]
        assert cookie.startswith(f"lab-token-{port(lab)}=")
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        for path in ("", "main.js", "api/runs", "api/trainings/first/events"):
            assert browser.get(lab.address + path, timeout=PATIENCE).ok
    asked = f"{lab.address}api/runs?{lab.entrance.partition('?')[2]}"
    assert requests.get(asked, timeout=PATIENCE).ok


@pytest.mark.parametrize("path", ["/evil.example/..", "//evil.example", "/a?b=1&token=TOKEN&c=%23"])
def test_the_token_leads_nowhere_but_to_this_lab(lab, path):
    address = lab.address.rstrip("/") + fill(lab, path)
    address += "" if "?" in path else f"?{lab.entrance.partition('?')[2]}"
    entered = requests.get(address, timeout=PATIENCE, allow_redirects=False)
    location = entered.headers["Location"]
    assert location.startswith("/")
    assert not location.startswith("//")
    assert "token" not in location


def test_a_lab_without_a_token_answers_whoever_reaches_it(tmp_path):
    with running_lab(Cache(tmp_path, "test"), "--no-token") as open_lab:
        assert open_lab.entrance == open_lab.address
        assert requests.get(f"{open_lab.address}api/runs", timeout=PATIENCE).ok


# --- what it says of itself ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "", 200), ("GET", "ui/style.css", 200), ("GET", "main.js", 200), ("GET", "no", 404),
        ("GET", "api/runs", 200), ("GET", "api/no", 404), ("POST", "api/trainings", 422),
        ("PUT", "api/runs", 405), ("GET", "api/trainings/first/events", 200),
    ],
)  # fmt: skip
def test_every_answer_has_the_headers_of_a_page_that_is_locked(lab, method, path, status):
    answer = lab.request(method, lab.address + path, data="{", timeout=PATIENCE)
    assert answer.status_code == status
    for name, text in HEADERS.items():
        assert answer.headers[name] == (
            "no-store" if "events" in path and "Cache" in name else text
        )
    assert "Server" not in answer.headers
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    refused = lab.get(lab.address + path, headers={"Host": "evil.example"}, timeout=PATIENCE)
    assert refused.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_an_error_has_one_form(lab):
    for path in ("no", "runs/first/no", "trainings/no/events"):
        answer = lab.get(f"{lab.address}api/{path}", timeout=PATIENCE)
        assert answer.json()["error"].keys() == {"message", "hint", "field"}


# --- how much it takes ---------------------------------------------------------------------------


def test_a_body_that_says_it_is_too_large_is_refused(lab, refused):
    body = b" " * (MAX_BODY_BYTES + 1)
    answer = lab.post(f"{lab.address}api/trainings", data=body, timeout=PATIENCE)
    refused(answer.status_code, 413)


@pytest.mark.parametrize("chunk", [1000, 60_000])
def test_a_body_that_does_not_say_how_large_it_is_is_refused_on_the_way(lab, chunk, refused):
    taken = 0

    def chunks():
        nonlocal taken
        for _ in range(50 * MAX_BODY_BYTES // chunk):
            taken += chunk
            yield b" " * chunk

    try:
        answer = lab.post(f"{lab.address}api/trainings", data=chunks(), timeout=PATIENCE)
        status = answer.status_code
    except requests.ConnectionError:  # the server has closed while we sent
        status = 413
    refused(status, 413)
    assert taken < 50 * MAX_BODY_BYTES  # it did not wait for all of it
    assert lab.get(f"{lab.address}api/runs", timeout=PATIENCE).ok


def test_a_body_may_be_as_large_as_the_cap(lab):
    body = json.dumps({"name": "first"}).encode()
    body += b" " * (MAX_BODY_BYTES - len(body))
    answer = lab.post(f"{lab.address}api/trainings", data=body, timeout=PATIENCE)
    assert answer.status_code == 422


# --- runs by name --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "..", "%2e%2e", "%2e%2e%2f%2e%2e%2fsecret", "..%2fruns%2ffirst", "first%2f..%2ffirst",
        "link", "first%00", ".", "%2ffirst", "first%5c..", "", "first/", "....//first",
        "%252e%252e", "%c0%ae%c0%ae", "%ff", "no-such", "x" * 5000,
    ],
)  # fmt: skip
def test_a_run_is_a_name_on_the_list_and_never_a_path(lab, name, refused):
    for path in (f"/api/trainings/{name}/weights", f"/api/trainings/{name}/events"):
        status, body = send(
            lab, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorized(lab)}\r\n".encode()
        )
        refused(status, 404, 422)
        assert b"pictures" not in body


@pytest.mark.parametrize(
    "path",
    [
        "/../app.py", "/..%2fapp.py", "/%2e%2e/security.py", "/views/../../app.py", "//etc/passwd",
        "/style.css/..", "/views", "/%2fetc%2fpasswd", "/views/%2e%2e/%2e%2e/app.py",
        "/index.html%00",
    ],
)  # fmt: skip
def test_only_the_files_of_the_page_are_served(lab, path, refused):
    status, body = send(
        lab, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorized(lab)}\r\n".encode()
    )
    refused(status, 404)
    assert b"import" not in body


def test_a_link_among_the_runs_is_not_listed(lab):
    answer = lab.get(f"{lab.address}api/runs", timeout=PATIENCE).json()
    assert "link" not in [run["name"] for run in answer["runs"]]


def test_a_run_that_is_damaged_does_not_hide_the_others(lab):
    folder = lab.cache.runs() / "cut"
    folder.mkdir()
    (folder / "checkpoint.npz").write_bytes(b"nothing")
    answer = lab.get(f"{lab.address}api/runs", timeout=PATIENCE).json()
    found = {run["name"]: run.get("problem", "") for run in answer["runs"]}
    assert "is not a readable checkpoint" in found["cut"]
    assert found["first"] == ""
    for path in ("weights", "events"):
        answer = lab.get(f"{lab.address}api/trainings/cut/{path}", timeout=PATIENCE)
        assert answer.status_code == 409
    (folder / "checkpoint.npz").unlink()
    folder.rmdir()


# --- what nobody thought of ----------------------------------------------------------------------


@pytest.mark.slow
def test_nothing_that_schemathesis_makes_up_is_answered_with_500(lab, amount, figure):
    import schemathesis  # here: it takes seconds, and no other test needs it

    schema = schemathesis.openapi.from_url(f"{lab.address}api/openapi.json", headers=lab.headers)
    operations = [found.ok() for found in schema.get_all_operations()]
    each = -(-amount(1000, 20_000) // len(operations))
    cases = 0
    with requests.Session() as session:
        for case in (case for operation in operations for case in make_up(operation, each)):
            for name in {"run", "name"} & case.path_parameters.keys() if cases % 2 else ():
                case.path_parameters[name] = "first"  # else almost no request would get to a run
            status = call(session, case, lab.headers)
            cases += 1
            figure(MADE_UP, cases=1, failed=int(status >= 500))
            assert status < 500, case.as_curl_command()
    assert cases >= amount(1000, 20_000)
    assert lab.get(f"{lab.address}api/runs", timeout=PATIENCE).ok


def make_up(operation, count):
    """Make up requests for an operation, right ones and wrong ones."""
    from schemathesis import GenerationMode

    made = []
    modes = [GenerationMode.POSITIVE]
    if operation.body or operation.query or operation.path_parameters:
        modes.append(GenerationMode.NEGATIVE)
    for mode in modes:

        @settings(
            max_examples=-(-count // len(modes)),
            database=None,
            deadline=None,
            suppress_health_check=[it for it in HealthCheck if it != HealthCheck.filter_too_much],
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def take(case):
            made.append(case)

        with contextlib.suppress(Unsatisfiable, FailedHealthCheck):  # nothing about it can be wrong
            take()
    while len(made) < count:  # of some there are not so many
        made += made[: count - len(made)]
    return made[:count]


def call(session, case, headers):
    """Send a request, and return its status; of a stream no more is read than its beginning."""
    keywords = case.as_transport_kwargs()
    keywords["headers"] = {**keywords["headers"], **headers}
    with session.request(**keywords, stream=True, timeout=PATIENCE) as answer:
        next(answer.iter_content(1000), None)
        return answer.status_code


@settings(max_examples=100)
@given(raw=st.binary(max_size=300))
def test_bytes_that_are_no_http_do_no_harm(lab, raw):
    with socket.create_connection(("127.0.0.1", port(lab)), timeout=PATIENCE) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
