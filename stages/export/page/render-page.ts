import { createHash } from 'node:crypto';
import { formatList } from '../../../src/format-numbers.ts';
import { escapeXml } from '../../../src/learning/charts/escape-xml.ts';
import type { PageFacts } from './page-facts.ts';

/** What people read on the page of a model. */
export interface PageText {
  readonly title: string;
  /** What the probabilities are worth: whether they are calibrated, on which images. */
  readonly calibration: string;
  /** Name and value of each fact about the model. */
  readonly about: readonly (readonly [name: string, value: string])[];
  /** How good it was, in lines of the same form; empty where that was not given. */
  readonly measured: readonly (readonly [name: string, value: string])[];
  /** The settings of its training as YAML. */
  readonly training: string;
}

/** What the page computes scores with: texts of a script and of JSON, and bytes in base64. */
export interface NetworkParts {
  readonly networkScript: string;
  readonly network: string;
  readonly weights: string;
  readonly wasm: string;
}

/** The network, and what shows its scores. */
export interface PageParts extends NetworkParts {
  readonly mainScript: string;
  readonly style: string;
}

/**
 * A page that needs no other file. Its policy lets it request nothing, and run only its own two
 * scripts, whatever the names of classes hold.
 */
export function renderPage(text: PageText, facts: PageFacts, parts: PageParts): string {
  const { title, calibration, about, measured, training } = text;
  const scripts = [parts.networkScript, parts.mainScript].map(inScript);
  const policy = [
    "default-src 'none'",
    'img-src data:',
    "style-src 'unsafe-inline'",
    `script-src ${scripts.map((script) => `'sha256-${digest(script)}'`).join(' ')} 'wasm-unsafe-eval'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const pixels = `${facts.size} × ${facts.size} pixels`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Restage">
<title>${escapeXml(title)}</title>
<link rel="icon" href="data:,">
<style>${parts.style}</style>
</head>
<body>
<header>
<h1>${escapeXml(title)}</h1>
<p>This network tells ${escapeXml(formatList(facts.classes))} apart. It was trained at <strong>${pixels}</strong>. It runs in this page, and your image stays on this device.</p>
</header>
<main>
<label class="drop"><input type="file" id="file" accept="image/*"><span><strong>Choose an image</strong>, drop it anywhere here, or paste it</span></label>
<p id="state" role="status"></p>
<section id="result" aria-label="Result" hidden>
<table class="probabilities"><caption>Probability of each class</caption><tbody id="probabilities"></tbody></table>
<p class="note">${escapeXml(calibration)}</p>
<div class="pictures">
<figure><canvas id="picture"></canvas><figcaption>What the network sees</figcaption></figure>
<figure><canvas id="map"></canvas>
<figcaption>Where it looks for <b id="map-of"></b>: how far the score falls when a square is hidden (occlusion)
<span class="scale">least<i></i>most</span>
<progress id="progress" aria-label="Progress of the map" hidden></progress> <span id="map-state" role="status"></span></figcaption></figure>
</div>
<p class="note" id="seen"></p>
</section>
<p class="warning"><strong>Mind what it was trained on.</strong> A probability holds only for images like those of its training set. For another camera, another program that made or edited the image, other subjects, or another compression, it may be wrong and still look sure. It is no proof.</p>
${measured.length === 0 ? '' : `<section aria-labelledby="measured"><h2 id="measured">How good it was</h2>\n${table(measured)}</section>`}
<section aria-labelledby="about"><h2 id="about">About this model</h2>
${table(about)}
<details><summary>Settings of the training</summary><pre>${escapeXml(training)}</pre></details>
</section>
</main>
<footer>Made by <code>restage export --page</code>. It computes with TensorFlow.js (Apache-2.0).</footer>
<noscript>This page needs JavaScript.</noscript>
<script type="application/json" id="facts">${inData(JSON.stringify(facts))}</script>
<script type="application/json" id="network">${inData(parts.network)}</script>
<script type="application/base64" id="weights">${parts.weights}</script>
<script type="application/base64" id="wasm">${parts.wasm}</script>
<script>${scripts[0]}</script>
<script>${scripts[1]}</script>
</body>
</html>
`;
}

const table = (rows: PageText['about']): string =>
  `<table class="facts"><tbody>${rows
    .map(
      ([name, value]) =>
        `<tr><th scope="row">${escapeXml(name)}</th><td>${escapeXml(value)}</td></tr>`,
    )
    .join('\n')}</tbody></table>`;

const digest = (text: string): string => createHash('sha256').update(text).digest('base64');

/** JSON whose texts cannot end the element that holds it. */
const inData = (json: string): string => json.replaceAll('<', '\\u003c');

/** Code whose texts cannot end the script; without a final line break, which hashes count. */
const inScript = (code: string): string =>
  code.replace(/<(\/script|!--|script)/gi, '\\x3c$1').trim();
