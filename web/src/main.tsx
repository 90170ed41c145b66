/** Begins as soon as the document is there. */
import { render } from 'preact';
import { Shell } from './shell.js';
import './theme.css';

render(<Shell />, document.getElementById('page')!);
