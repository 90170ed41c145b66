/** Begins as soon as the document is there. */
import { render } from 'preact';
import { keepPage } from './offline/kept.js';
import { Shell } from './shell.js';
import './theme.css';

render(<Shell />, document.getElementById('page')!);

// what is seen first comes first; while one works on the page, none is kept
if (import.meta.env.PROD) addEventListener('load', () => void keepPage());
