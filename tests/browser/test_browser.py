"""The browser that the other tests rely on is a real one."""

from playwright.sync_api import Browser


def test_a_page_is_rendered_and_its_script_runs(browser: Browser, axe: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.set_content("<html lang=en><title>t</title><main><h1>Hello</h1><img src=x></main>")
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(r => r.violations.map(v => v.id))")
    page.close()
    assert found == ["image-alt"]
