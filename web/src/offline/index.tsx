/** Whether the page needs a connection, in its footer. */
import { useSignal } from '@preact/signals';
import { say } from '../language.js';
import { Trouble } from '../ui/trouble.js';
import { keepEngine, kept } from './kept.js';

const texts = {
  page: {
    en: 'This page is kept here and opens without a connection; what computes networks is not, yet.',
    'zh-CN': '本页已保存在此，可离线打开；但计算引擎尚未保存。',
  },
  keep: { en: 'Keep that too (14 MB)', 'zh-CN': '一并保存（14 MB）' },
  keeping: { en: 'Fetching 14 MB …', 'zh-CN': '正在获取 14 MB……' },
  all: {
    en: 'Explore, Look inside and Train work without a connection.',
    'zh-CN': '“探索”“观察内部”和“训练”均可离线使用。',
  },
  failed: { en: 'It could not be kept: {reason}', 'zh-CN': '无法保存：{reason}' },
};

export function Offline() {
  const busy = useSignal(false);
  const reason = useSignal('');
  if (kept.value === 'nothing') return null;
  if (kept.value === 'all') return <p class="offline">{say(texts.all)}</p>;
  const keep = async () => {
    busy.value = true;
    reason.value = '';
    await keepEngine().catch((error: Error) => {
      reason.value = error.message;
    });
    busy.value = false;
  };
  return (
    <>
      <p class="offline">
        {say(texts.page)}{' '}
        <button type="button" disabled={busy.value} onClick={() => void keep()}>
          {say(busy.value ? texts.keeping : texts.keep)}
        </button>
      </p>
      {reason.value && <Trouble>{say(texts.failed, { reason: reason.value })}</Trouble>}
    </>
  );
}
