"""In a real browser: no request, accessible, no sideways scrolling, print; JupyterLab runs every notebook."""

import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from src.codebook import paths
from src.reports.__main__ import main
from src.reports.context.notebooks import notebooks
from src.reports.run.publish import chromium

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PHONE = {"width": 390, "height": 844}
SCREENS = {
    "light": {"viewport": {"width": 1100, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1100, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light"},
}
NOTEBOOKS = sorted(path.stem for path in paths.notebooks().glob("[0-9]*.ipynb"))


@pytest.fixture(scope="module")
def browser():
    program = chromium()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("chromium must be there in .ci/run")
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory, browser):
    folder = tmp_path_factory.mktemp("site")
    for area, langs in (("district", "zh,en"), ("布吉街道", "zh")):
        assert main(["report", "--area", area, "--lang", langs, "--out", str(folder)]) == 0
    return folder


MADE = [one.name for one in notebooks() if "district" in one.levels_for("internal")]  # 06 is for the public alone
OF_THE_DISTRICT = [f"district/{name}.{lang}.html" for name in MADE for lang in ("zh", "en")]
PAGES = ["index.html", "methods.zh.html", *OF_THE_DISTRICT, "buji/03_incident_trends.zh.html"]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_fits_the_screen_and_is_accessible(browser, site, name, screen):
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(**SCREENS[screen])
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / name).as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [(site / name).as_uri()]
    for summary in page.query_selector_all("summary"):
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    found = Axe().run(page).response["violations"]
    told = [f"{v['id']}: {node['html'][:120]}" for v in found for node in v["nodes"][:3]]
    assert told == []
    context.close()


WIDER = """() => [...document.querySelectorAll('.table')].filter(t => t.scrollWidth > t.clientWidth)
  .map(t => t.getAttribute('aria-label'))"""
A4 = 680  # pixels between the margins of a printed page


@pytest.mark.parametrize(("media", "width"), [("screen", 900), ("print", A4)])
@pytest.mark.parametrize("name", PAGES)
def test_no_table_is_wider_than_its_page(browser, site, name, media, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.emulate_media(media=media)
    page.goto((site / name).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate(WIDER) == []
    page.close()


SMALLEST = """() => Math.min(...[...document.querySelectorAll('figure.chart svg text')].map(text => {
  const svg = text.ownerSVGElement;
  return parseFloat(getComputedStyle(text).fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
}))"""


@pytest.mark.parametrize("name", [page for page in PAGES if "03_" in page or "02_" in page])
def test_text_in_charts_is_large_enough_on_a_phone(browser, site, name):
    page = browser.new_page(viewport=PHONE)
    page.goto((site / name).as_uri())
    assert page.evaluate(SMALLEST) > 10.9
    page.close()


def test_a_phone_gets_to_the_trends_of_buji_in_one_tap(browser, site):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    link = page.locator("#buji li a[href*='03_incident_trends.zh']")
    assert link.is_visible()
    assert link.bounding_box()["height"] >= 20
    link.tap()
    page.wait_for_url("**/buji/03_incident_trends.zh.html")
    assert "布吉" in page.locator("h1").inner_text()
    context.close()


def test_a_page_prints(browser, site):
    page = browser.new_page()
    page.goto((site / "district/03_incident_trends.zh.html").as_uri())
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 40
    page.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory, browser):
    """Start JupyterLab on a copy of the notebooks and return its address."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(paths.notebooks(), folder / "notebooks")
    words = [
        "--no-browser", "--allow-root", "--port=0", "--IdentityProvider.token=", "--ServerApp.password=",
        f"--ServerApp.root_dir={folder / 'notebooks'}", f"--FileCheckpoints.checkpoint_dir={folder}",
        "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None", "--LabApp.collaborative=False",
    ]  # fmt: skip
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_DATA_DIR": str(folder / "data")}
    environment.pop("ANALYSIS_PICTURES", None)  # which the run of these tests has set
    environment |= {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    log = folder / "lab.log"
    with log.open("w") as stream:
        server = subprocess.Popen([sys.executable, "-P", "-m", "jupyterlab", *words], stderr=stream, env=environment)
    try:
        yield _address(server, log)
    finally:
        server.terminate()
        server.wait(30)


def _address(server, log):
    while server.poll() is None:
        if found := re.search(r"http://(?:localhost|127\.0\.0\.1):\d+/lab", log.read_text("utf-8")):
            return found[0]
        time.sleep(0.2)
    pytest.fail(log.read_text("utf-8"))


RUN_ALL = """async path => {
  const app = window.jupyterapp;
  await app.restored;
  const widget = await app.commands.execute('docmanager:open', {path, factory: 'Notebook'});
  await widget.context.ready;
  await widget.context.sessionContext.ready;
  const idle = () => widget.context.sessionContext.session?.kernel?.status === 'idle';
  while (!idle()) await new Promise(done => setTimeout(done, 200));
  await app.commands.execute('notebook:run-all-cells');
  while (!idle()) await new Promise(done => setTimeout(done, 200));
  const cells = widget.context.model.toJSON().cells.filter(cell => cell.cell_type === 'code');
  await widget.context.sessionContext.shutdown();
  const errors = cell => cell.outputs.filter(o => o.output_type === 'error').map(o => o.evalue);
  const shown = cell => cell.outputs.filter(o => o.data && o.data['text/html']).length;
  return cells.map(cell => [cell.execution_count, errors(cell), shown(cell)]);
}"""


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_jupyterlab_runs_a_notebook_to_its_end(browser, lab, name):
    page = browser.new_page()
    page.set_default_timeout(300_000)
    page.goto(lab)
    page.wait_for_function("() => window.jupyterapp !== undefined")
    cells = page.evaluate(RUN_ALL, f"{name}.ipynb")
    page.close()
    assert [errors for _, errors, _ in cells if errors] == []
    assert all(count is not None for count, _, _ in cells)
    assert sum(shown for _, _, shown in cells) > 2
