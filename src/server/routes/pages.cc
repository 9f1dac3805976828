// What a browser shows.

#include <string_view>

#include "server/routes/documents.h"
#include "server/routes/html.h"
#include "server/routes/planning.h"
#include "server/routes/route.h"

namespace transkimmer {
namespace {

constexpr std::string_view kTryPage = R"(<h1>Try the model</h1>
<p id=about>…</p>
<form id=form>
<label for=first id=first-label>Text</label>
<textarea id=first rows=3 required></textarea>
<div id=second-part>
<label for=second id=second-label>Second text (may be empty)</label>
<textarea id=second rows=3></textarea>
</div>
<div id=key-part hidden>
<label for=key>API key</label>
<input id=key type=password autocomplete=off>
</div>
<label for=threshold>Threshold: <output id=threshold-value></output> (to the right more is skimmed)</label>
<input id=threshold type=range min=-6 max=6 step=0.1>
<p><button>Ask</button> <small>or Ctrl + Enter</small></p>
</form>
<p id=error class=error role=alert hidden></p>
<section id=result aria-live=polite hidden>
<h2>Answer</h2>
<div id=answer></div>
<h2>Tokens</h2>
<p>The darker, the more layers a token went through; underlined ones went through all.</p>
<p id=tokens class=tokens></p>
<p id=savings></p>
</section>
<p><a href='/docs'>Routes</a></p>
<script>
'use strict';
const element = id => document.getElementById(id);
let kind = "embedding";

function headers() {
  const key = element('key').value;
  return {'Content-Type': 'application/json', ...(key ? {Authorization: 'Bearer ' + key} : {})};
}
async function checked(response) {
  if (response.status === 401) {
    element('key-part').hidden = false;
    throw new Error('This server wants an API key.');
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || response.statusText);
  return answer;
}
const ask = async (path, body) =>
  checked(await fetch(path, {method: 'POST', headers: headers(), body: JSON.stringify(body)}));

async function meet() {
  const info = await checked(await fetch('/info', {headers: headers()}));
  kind = Object.keys(info.model_type)[0];
  const skims = info.skimming ? 'skims' : 'does not skim';
  element('about').textContent = `${info.model_id} (${kind}) ${skims}; ${info.threads} ${info.threads === 1 ? 'thread' : 'threads'}, ${info.model_dtype}.`;
  if (kind === 'question-answering') {
    element('first-label').textContent = 'Question';
    element('second-label').textContent = 'Text that may answer it';
  } else if (kind === 'reranker') {
    element('first-label').textContent = 'Query';
    element('second-label').textContent = 'Text';
  } else if (kind !== 'classifier') {
    element('second-part').hidden = true;
  }
  element('threshold').value = info.skim_threshold || 0;
  element('threshold').disabled = !info.skimming;
  showThreshold();
}
function showThreshold() {
  element('threshold-value').textContent = Number(element('threshold').value).toFixed(1);
}

function table(rows) {
  const made = document.createElement('table');
  for (const [head, value] of rows) {
    const row = made.insertRow();
    const cell = document.createElement('th');
    cell.scope = 'row';
    cell.textContent = head;
    row.append(cell);
    row.insertCell().textContent = value;
  }
  return made;
}
function answerRows(answer) {
  const share = score => score.toFixed(4);
  if (kind === 'classifier') return answer.map(each => [each.label, share(each.score)]);
  if (kind === 'reranker') return answer.map(each => ['score', share(each.score)]);
  if (kind === 'token-classification') return answer.map(each => [each.entity_group, `${each.word} (${share(each.score)})`]);
  if (kind === 'question-answering') return [[answer.answer || 'no answer', share(answer.score)]];
  return [[`${answer[0].length} values`, answer[0].slice(0, 6).map(value => value.toFixed(4)).join(', ') + ', …']];
}
function request(first, second, threshold) {
  const common = {skim_threshold: threshold};
  if (kind === 'question-answering') return ['/answer', {...common, question: first, context: second}];
  if (kind === 'reranker') return ['/rerank', {...common, query: first, texts: [second]}];
  if (kind === 'token-classification')
    return ['/ner', {...common, inputs: first, parameters: {aggregation_strategy: 'simple'}}];
  if (kind === 'classifier') return ['/predict', {...common, inputs: second ? [first, second] : first}];
  return ['/embed', {...common, inputs: first}];
}

function drawTokens(explained) {
  const shown = [];
  let end = null;
  for (const token of explained.tokens) {
    const mark = document.createElement('span');
    const stays = token.skimmed_at === null;
    const depth = (stays ? explained.layers : token.skimmed_at) / explained.layers;
    const where = stays ? `went through all ${explained.layers} layers`
                        : `left before layer ${token.skimmed_at + 1} of ${explained.layers}`;
    mark.className = 'token' + (stays ? '' : ' left') + (token.special ? ' special' : '');
    mark.style.backgroundColor = `rgba(var(--shade), ${(0.05 + 0.4 * depth).toFixed(2)})`;
    if (stays) mark.style.borderBottomColor = 'currentColor';
    mark.textContent = token.text;
    mark.title = where;
    mark.setAttribute('role', 'img');
    mark.setAttribute('aria-label', `${token.text}: ${where}`);
    if (end !== null && token.start !== end) shown.push(' ');
    end = token.special ? -1 : token.stop;
    shown.push(mark);
  }
  element('tokens').replaceChildren(...shown);
}
function drawSavings(explained, dense) {
  const millions = macs => (macs / 1e6).toFixed(1);
  const milliseconds = seconds => (1000 * seconds).toFixed(2);
  element('savings').textContent =
    `${millions(explained.macs)} of ${millions(explained.dense_macs)} million multiply-accumulates ` +
    `(${(explained.dense_macs / explained.macs).toFixed(2)} times fewer); ` +
    `${milliseconds(explained.seconds)} ms beside ${milliseconds(dense.seconds)} ms without skimming.`;
}

let asked = 0;
async function run() {
  const turn = ++asked;
  const first = element('first').value, second = element('second-part').hidden ? '' : element('second').value;
  if (!first) return;
  const threshold = Number(element('threshold').value);
  const inputs = second ? [first, second] : first;
  try {
    const [path, body] = request(first, second, threshold);
    const answer = await ask(path, body);
    const explained = await ask('/explain', {inputs, skim_threshold: threshold});
    const dense = await ask('/explain', {inputs, skim_threshold: -1e9});
    if (turn !== asked) return;  // a newer question is on its way
    element('answer').replaceChildren(table(answerRows(answer)));
    drawTokens(explained);
    drawSavings(explained, dense);
    element('error').hidden = true;
    element('result').hidden = false;
  } catch (error) {
    if (turn !== asked) return;
    element('error').textContent = error.message;
    element('error').hidden = false;
  }
}
element('form').addEventListener('submit', event => { event.preventDefault(); run(); });
element('form').addEventListener('keydown', event => { if (event.ctrlKey && event.key === 'Enter') run(); });
element('threshold').addEventListener('input', showThreshold);
element('threshold').addEventListener('change', run);
element('key').addEventListener('change', () => meet().catch(() => {}));
meet().catch(error => { element('about').textContent = error.message; });
</script>
)";

}  // namespace

Plan plan_page(const RouteContext&, const RequestFields&) {
  return finished(page_response(html_page("Transkimmer", kTryPage)));
}

Plan plan_documents(const RouteContext& context, const RequestFields&) {
  return finished(
      page_response(documents_page(openapi_document(TRANSKIMMER_VERSION, !context.options.api_key.empty()))));
}

Plan plan_openapi(const RouteContext& context, const RequestFields&) {
  return finished(json_response(openapi_document(TRANSKIMMER_VERSION, !context.options.api_key.empty())));
}

}  // namespace transkimmer
