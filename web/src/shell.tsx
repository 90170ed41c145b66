/** What surrounds every part: where one can go, in which language, and what is said when something fails. */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentType } from 'preact';
import { ErrorBoundary } from './error-boundary.js';
import { choose, type Language, language, languages, say } from './language.js';
import { Offline } from './offline/index.js';
import { type PartName, parts } from './parts.js';
import { addressOf, route } from './route.js';
import { Trouble } from './ui/trouble.js';

const texts = {
  parts: { en: 'Parts', 'zh-CN': '各部分' },
  language: { en: 'Language', 'zh-CN': '语言' },
  skip: { en: 'Skip to the content', 'zh-CN': '跳到内容' },
  unreachable: {
    en: 'This part of the page could not be fetched ({reason}). Reload the page.',
    'zh-CN': '无法获取页面的这一部分（{reason}）。请重新加载。',
  },
};

const names = Object.keys(parts) as PartName[];
const current = (): PartName => names.find((name) => name === route.value.path[0]) ?? names[0]!;

export function Shell() {
  const Content = useSignal<ComponentType | undefined>(undefined);
  const reason = useSignal('');
  useSignalEffect(() => {
    const name = current();
    document.title = `${say(parts[name].name)} · resmirror`;
    parts[name].load().then(
      (loaded) => {
        if (name !== current()) return; // left meanwhile
        Content.value = loaded.default;
        reason.value = '';
      },
      (error: Error) => {
        reason.value = error.message;
      },
    );
  });
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        {say(texts.skip)}
      </button>
      <Header />
      <main id="content" tabIndex={-1}>
        <p class="purpose">{say(parts[current()].purpose)}</p>
        {reason.value && <Trouble>{say(texts.unreachable, { reason: reason.value })}</Trouble>}
        <ErrorBoundary key={current()}>{Content.value && <Content.value />}</ErrorBoundary>
      </main>
      <footer>
        <p>{say(parts[current()].privacy)}</p>
        <Offline />
      </footer>
    </>
  );
}

function Header() {
  return (
    <header>
      <a class="brand" href="#/">
        resmirror
      </a>
      <nav aria-label={say(texts.parts)}>
        {names.map((name) => (
          <a key={name} href={addressOf([name])} aria-current={name === current() ? 'page' : undefined}>
            {say(parts[name].name)}
          </a>
        ))}
      </nav>
      <select
        aria-label={say(texts.language)}
        value={language.value}
        onChange={({ currentTarget }) => choose(currentTarget.value as Language)}
      >
        {Object.entries(languages).map(([tag, name]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
    </header>
  );
}
