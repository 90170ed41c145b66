/** The page that tries models; its script fills it from /v1/models and /openapi.json. */
export const DOCUMENT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Try a model</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="try/style.css">
<script type="module" src="try/main.js"></script>
</head>
<body>
<main>
<header>
<p class="kind">Models of this server</p>
<h1 id="title">Try a model</h1>
<p class="note" id="about" aria-live="polite">Asking what there is …</p>
</header>
<p class="trouble" id="trouble" role="alert" hidden></p>
<form class="fields" id="keyed" hidden>
<label>Key<input id="key" type="password" autocomplete="off" required></label>
<button class="main">Use it</button>
</form>
<noscript><p class="trouble">This page needs JavaScript; the addresses that it asks do not.</p></noscript>
<div id="work" hidden>
<div class="fields" id="models"><label>model<select id="model"></select></label></div>
<div class="tabs" id="verbs" role="group" aria-label="What to ask"></div>
<label class="drop" id="drop"><strong>Choose an image</strong><span>or drop one, or paste it</span><input type="file" id="file" accept="image/*"></label>
<form class="fields" id="fields"></form>
<section id="answer" aria-live="polite" hidden><div class="results" id="results"></div></section>
<section class="call"><h2>The same with curl</h2><pre><code id="curl"></code></pre></section>
</div>
<footer><span><a href="openapi.json">openapi.json</a> tells of every address</span><span id="took"></span></footer>
</main>
</body>
</html>
`;
