"""What a notebook shows of a result: its text with the tokens shaded by where they left."""

import html.parser

import hypothesis
import hypothesis.strategies as st
import pytest
import transkimmer


class Drawing(html.parser.HTMLParser):
    """Tags in their order, what is read of them, and attributes of the tokens."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.tokens: list[dict[str, str | None]] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if "aria-label" in dict(attrs):
            self.tokens.append(dict(attrs))

    def handle_data(self, data):
        if self.tags[-1] != "style":
            self.text += data


@pytest.fixture(scope="module")
def classifier(tiny_model):
    return transkimmer.Classifier.load(tiny_model("classification"), threads=1)


def test_a_result_without_a_trace_is_shown_as_text(classifier):
    assert classifier.classify("a movie")._repr_html_() is None


def test_every_token_says_where_it_left(classifier):
    result = classifier.classify("a charming movie", trace_tokens=True)
    drawing = Drawing(result._repr_html_())
    assert len(drawing.tokens) == len(result.tokens)
    for shown, token in zip(drawing.tokens, result.tokens, strict=True):
        stays = token.skimmed_at == classifier.layers
        where = f"all {classifier.layers} layers" if stays else f"layer {token.skimmed_at + 1} of"
        assert where in shown["title"] and where in shown["aria-label"]
        assert shown["aria-label"].startswith(token.token)
    assert "[CLS]a charming movie[SEP]" in drawing.text
    assert result.label in drawing.text


def test_pairs_and_tags_are_drawn(classifier, tiny_model):
    pair = classifier.classify(("a movie", "flat"), trace_tokens=True)
    assert Drawing(pair._repr_html_()).tags.count("p") == 3
    tagged = transkimmer.TokenClassifier.load(tiny_model("token-classification")).tag("a charming movie")
    assert [t["aria-label"].split(":")[0] for t in Drawing(tagged._repr_html_()).tokens] == ["a", "charming", "movie"]


def test_nothing_of_a_text_becomes_markup(classifier):
    @hypothesis.given(st.text(st.one_of(st.sampled_from("<>&\"'/ script"), st.characters(exclude_categories=["Cs"]))))
    @hypothesis.settings(max_examples=200, deadline=None)
    def draw(text):
        drawing = Drawing(classifier.classify(text, trace_tokens=True)._repr_html_())
        assert set(drawing.tags) <= {"style", "div", "p", "strong", "span"}

    draw()
