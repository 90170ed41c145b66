/** Fetching what lies beside the page, whole and unharmed. */
import type { FetchedFile, PageDescription } from '../description.js';
import { Problem } from './problem.js';

/** The folder of index.html, wherever it is served. */
const folder = new URL('.', document.baseURI);

export const addressOf = (path: string): string => new URL(path, folder).href;

async function answerOf(path: string): Promise<Response> {
  const answer = await fetch(addressOf(path)).catch(() => {
    throw new Problem(`${path} could not be fetched; is the server still running? Reload the page to try again.`);
  });
  if (!answer.ok) throw new Problem(`${path} is missing beside this page (the server says ${answer.status}).`);
  return answer;
}

export async function fetchDescription(): Promise<PageDescription> {
  const answer = await answerOf('model.json');
  const description = (await answer.json().catch(() => undefined)) as PageDescription | undefined;
  if (description?.format !== 1)
    throw new Problem('model.json is damaged, or of another version than this page. Export the model again.');
  return description;
}

/** @param came is told how many bytes arrived, again and again */
export async function fetchWhole(file: FetchedFile, came: (bytes: number) => void): Promise<ArrayBuffer> {
  const { body } = await answerOf(file.path);
  const whole = new Uint8Array(file.bytes);
  let length = 0;
  for (const reader = body?.getReader(); reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    if (length + value.length <= whole.length) whole.set(value, length);
    length += value.length;
    came(value.length);
  }
  if (length !== file.bytes)
    throw damaged(file.path, `${length.toLocaleString('en')} bytes came instead of ${file.bytes.toLocaleString('en')}`);
  const sum = await digest(whole.buffer);
  if (sum !== undefined && sum !== file.sha256) throw damaged(file.path, 'it is not what was exported');
  return whole.buffer;
}

const damaged = (path: string, how: string) =>
  new Problem(`${path} is damaged: ${how}. Copy the folder to the server once more, or export the model again.`);

/** Browsers have checksums for safe places only (https, or this machine); elsewhere the size has to do. */
async function digest(bytes: ArrayBuffer): Promise<string | undefined> {
  if (!isSecureContext) return undefined;
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
