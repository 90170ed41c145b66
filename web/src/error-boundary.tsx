/** Shows what went wrong in place of the part that it happened in, so that no mistake leaves a blank page. */
import { Component, type ComponentChildren } from 'preact';
import { say } from './language.js';
import { Trouble } from './ui/trouble.js';

const failed = {
  en: 'This part stopped: {reason}. Reload the page to go on.',
  'zh-CN': '这一部分已停止：{reason}。请重新加载页面。',
};

export class ErrorBoundary extends Component<{ readonly children: ComponentChildren }, { readonly reason?: string }> {
  override componentDidCatch(error: unknown): void {
    this.setState({ reason: error instanceof Error ? error.message : `${error}` });
  }

  override render() {
    const { reason } = this.state;
    return reason === undefined ? this.props.children : <Trouble>{say(failed, { reason })}</Trouble>;
  }
}
