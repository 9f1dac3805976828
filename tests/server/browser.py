#!/usr/bin/env python3
"""Uses the page of `transkimmer serve` as a person does, in a browser without a window, and reads its OpenAPI as programs do.

    tests/server/browser.py [--programs build/release/bin] [--model DIR] [--picture FILE]

Needs Debian's packages chromium and chromium-driver, and PyPI's selenium, openapi-spec-validator and jsonschema
(scripts/install-serve-clients); what is missing is skipped, visibly. --picture saves what the page looks like.
Exits with 1 when something is wrong, and with 77 when nothing could be tried.
"""
import argparse
import contextlib
import importlib.util
import json
import os
import pathlib
import shutil
import sys
import tempfile
import urllib.request

from tei_clients import OWN_PYTHON, ROOT, SKIPPED, expect, server, tiny_model


def missing(*modules):
    return [name for name in modules if importlib.util.find_spec(name) is None]


@contextlib.contextmanager
def browser():
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for switch in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=900,1200"):
        options.add_argument(switch)
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


def wait(driver, condition, what):
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, 20).until(lambda _: condition(), what)


def check_page(programs, model, picture):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    with server(programs, model) as url, browser() as driver:
        driver.get(url)

        def find(name):
            return driver.find_element(By.ID, name)

        def kept():
            return len(driver.find_elements(By.CSS_SELECTOR, "#tokens .token:not(.left)"))

        def left():
            return len(driver.find_elements(By.CSS_SELECTOR, "#tokens .token.left"))

        def set_threshold(value):
            driver.execute_script(
                "const e = arguments[0]; e.value = arguments[1];"
                "e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change'));", find("threshold"), value)

        wait(driver, lambda: "classifier" in find("about").text, "the page says which model it is")
        find("first").send_keys("a charming and often affecting journey , not a flat or dull one")
        find("first").send_keys(Keys.CONTROL, Keys.ENTER)
        wait(driver, lambda: find("result").is_displayed(), "an answer")
        expect(len(find("answer").text.splitlines()) >= 2, f"labels: {find('answer').text!r}")
        expect("charming" in find("tokens").text, f"tokens: {find('tokens').text!r}")
        expect("multiply-accumulates" in find("savings").text, f"savings: {find('savings').text!r}")
        set_threshold("-6")
        wait(driver, lambda: left() == 0, "a low threshold keeps all tokens")
        everything = kept()
        expect(everything > 5, f"{everything} tokens")
        set_threshold("6")
        wait(driver, lambda: left() > 0, "a high threshold skims")
        expect(kept() < everything, f"{kept()} of {everything} tokens are left")
        names = [one.get_attribute("aria-label") for one in driver.find_elements(By.CSS_SELECTOR, "#tokens .token")]
        expect(all("layer" in name for name in names), f"readers of screens are told {names}")
        if picture:
            set_threshold("0")
            wait(driver, lambda: find("threshold-value").text == "0.0", "the slider's number")
            driver.save_screenshot(str(picture))
        find("first").clear()
        find("first").send_keys("<b onmouseover=alert(1)>bold</b>")
        driver.find_element(By.TAG_NAME, "button").click()
        wait(driver, lambda: "bold" in find("tokens").text, "markup in a text")
        expect(not driver.find_elements(By.CSS_SELECTOR, "#tokens b"), "markup in a text is text")
        severe = [line for line in driver.get_log("browser") if line["level"] == "SEVERE"]
        expect(not severe, f"the browser complains: {severe}")


def check_openapi(programs, folder):
    import jsonschema
    import openapi_spec_validator

    kinds = {"/ner": "token-classification", "/answer": "question-answering", "/rerank": "reranking",
             "/v1/rerank": "reranking", "/v2/rerank": "reranking", "/embed": "sentence-embedding",
             "/similarity": "sentence-embedding", "/v1/embeddings": "sentence-embedding",
             "/embeddings": "sentence-embedding"}
    models = {}
    for kind in {*kinds.values(), ""}:
        models[kind] = tiny_model(programs, folder, *([kind] if kind else []))
    for kind, model in models.items():
        with server(programs, model) as url:
            document = json.load(urllib.request.urlopen(url + "/api-doc/openapi.json"))
            openapi_spec_validator.validate(document)
            for path, operations in document["paths"].items():
                if "post" not in operations or kinds.get(path, "") != kind or path.startswith("/embed_"):
                    continue
                operation = operations["post"]
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                example = schema["examples"][0]
                jsonschema.validate(example, schema)
                asked = urllib.request.Request(url + path, json.dumps(example).encode(),
                                               {"Content-Type": "application/json"})
                answer = json.load(urllib.request.urlopen(asked))
                jsonschema.validate(answer, operation["responses"]["200"]["content"]["application/json"]["schema"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--model", type=pathlib.Path, help="a classifier that skims; a tiny one by default")
    parser.add_argument("--picture", type=pathlib.Path)
    options = parser.parse_args()
    if OWN_PYTHON.exists() and pathlib.Path(sys.executable) != OWN_PYTHON and missing("jsonschema"):
        os.execv(OWN_PYTHON, [OWN_PYTHON, *sys.argv])
    tried = 0
    with tempfile.TemporaryDirectory() as folder:
        absent = missing("openapi_spec_validator", "jsonschema")
        if absent:
            print(f"OpenAPI: skipped, without {', '.join(absent)}")
        else:
            check_openapi(options.programs, folder)
            print("OpenAPI: the document is valid, and examples and answers are as it says")
            tried += 1
        absent = missing("selenium") + [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
        if absent:
            print(f"browser: skipped, without {', '.join(absent)}")
        else:
            check_page(options.programs, options.model or tiny_model(options.programs, folder), options.picture)
            print("browser: a text typed, its answer read, the slider moved")
            tried += 1
    return 0 if tried else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
