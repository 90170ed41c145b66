/** What the page says, in every language it speaks: a text is a row with all of them, so the compiler names what lacks one. */
import { effect, signal } from '@preact/signals';

export const languages = { en: 'English', 'zh-CN': '简体中文' } as const;
export type Language = keyof typeof languages;

export type Text = { readonly [L in Language]: string };

const KEPT = 'resmirror.language';

const known = (name: string | null): Language | undefined =>
  name !== null && Object.hasOwn(languages, name) ? (name as Language) : undefined;

/** What was chosen before, else what the browser prefers. */
function first(): Language {
  const chosen = known(remembered());
  if (chosen) return chosen;
  const wanted = navigator.languages.find((tag) => /^(en|zh)\b/i.test(tag));
  return wanted?.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

/** Storage may be switched off. */
function remembered(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

export const language = signal<Language>(first());

export function choose(chosen: Language): void {
  language.value = chosen;
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // said until the page is left
  }
}

effect(() => {
  document.documentElement.lang = language.value;
});

/** What texts have places for. */
export type Given = Readonly<Record<string, string | number | Text>>;

/** The text in the language of the page; `{name}` stands for what is given under that name. */
export const say = (text: Text, given: Given = {}): string =>
  text[language.value].replace(/\{(\w+)\}/g, (whole, name) => {
    const value = given[name] ?? whole;
    return typeof value === 'object' ? value[language.value] : `${value}`;
  });

/** A number as the language writes it: grouped, with so many digits behind the point. */
export const number = (value: number, digits = 0): string =>
  value.toLocaleString(language.value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
