/** The style of the page that tries models: that of pages in web folders, and what it has besides. */
import { STYLE } from '../../web-folder/style.js';

export const TRY_STYLE = `${STYLE}
.tabs { display: flex; flex-wrap: wrap; gap: 8px; }
.tabs button[aria-pressed=true] { background: var(--main); border-color: var(--main); color: var(--on-main); }
.fields { display: flex; flex-wrap: wrap; gap: 12px 20px; align-items: end; }
.fields label { display: flex; flex-direction: column; gap: 4px; color: var(--soft); font-size: 14px; min-width: 0; }
.fields label.slider { flex: 1 1 200px; max-width: 320px; }
.fields input, .fields select { max-width: 100%; }
.fields input[type=range] { margin: 0; }
.fields input[type=password] { font: inherit; color: var(--ink); min-height: 44px; padding: 8px 14px; background: var(--raised); border: 1px solid var(--rule); border-radius: 10px; }
.results { display: flex; flex-wrap: wrap; gap: 24px; align-items: start; }
.results > figure { flex: 0 1 256px; min-width: 0; }
.results > figure.made { flex-basis: 144px; }
.results > .said { flex: 1 1 300px; min-width: 0; }
.results img { display: block; width: 100%; border-radius: 8px; background: var(--raised); }
.results img.small { image-rendering: pixelated; }
.vector { display: flex; align-items: center; height: 120px; background: var(--raised); border-radius: 8px; overflow: hidden; }
.vector svg { width: 100%; height: 100%; fill: var(--main); }
.call pre { background: var(--raised); }
.call pre code { white-space: pre-wrap; overflow-wrap: anywhere; }
select { min-width: 0; }
a { color: var(--main); }
@media (max-width: 700px) {
  .fields label { flex: 1 1 40%; }
  .fields input, .fields select { width: 100%; max-width: none; }
  .results > figure { flex: 1 1 100%; max-width: 320px; }
  .results > figure.made { flex: 0 0 calc(50% - 12px); }
}
`;
