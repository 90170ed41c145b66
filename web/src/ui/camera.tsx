/** Pictures of the camera: one, or as many as are taken while a button is held. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { say } from '../language.js';
import './camera.css';

const texts = {
  camera: { en: 'Use the camera', 'zh-CN': '使用摄像头' },
  take: { en: 'Take the picture', 'zh-CN': '拍照' },
  hold: { en: 'Hold to take pictures', 'zh-CN': '按住连续拍照' },
  stop: { en: 'Stop the camera', 'zh-CN': '关闭摄像头' },
  noCamera: { en: 'The camera cannot be used: {reason}', 'zh-CN': '无法使用摄像头：{reason}' },
  ended: { en: 'it was taken away', 'zh-CN': '摄像头已断开' },
  video: { en: 'What the camera sees', 'zh-CN': '摄像头画面' },
};

interface CameraProps {
  readonly take: (picture: Blob) => void;
  /** Pictures are taken as long as the button is held; otherwise the first one ends it. */
  readonly series?: boolean;
}

/** Ends the camera that is on: there is one at a time. */
let endOther = () => {};

function end(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

export function Camera({ take, series = false }: CameraProps) {
  const stream = useSignal<MediaStream | undefined>(undefined);
  const reason = useSignal('');
  const gone = useRef(false);
  const stop = () => {
    end(stream.peek());
    stream.value = undefined;
  };
  useEffect(
    () => () => {
      gone.current = true;
      stop();
    },
    [],
  );
  if (!navigator.mediaDevices) return null; // only safe places (https, or this machine) have cameras
  const start = async () => {
    endOther();
    endOther = stop;
    reason.value = '';
    try {
      const came = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      if (gone.current || endOther !== stop) return end(came); // nobody waits for it any more
      came.getVideoTracks()[0]?.addEventListener('ended', () => {
        stop();
        reason.value = say(texts.ended);
      });
      stream.value = came;
    } catch (error) {
      reason.value = (error as Error).message;
    }
  };
  return (
    <>
      {!stream.value && (
        <button type="button" onClick={() => void start()}>
          {say(texts.camera)}
        </button>
      )}
      {stream.value && <Viewfinder stream={stream.value} take={take} series={series} stop={stop} />}
      {reason.value && (
        <p class="note" role="alert">
          {say(texts.noCamera, { reason: reason.value })}
        </p>
      )}
    </>
  );
}

interface Looking extends Required<CameraProps> {
  readonly stream: MediaStream;
  readonly stop: () => void;
}

function Viewfinder({ stream, take, series, stop }: Looking) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    video.current!.srcObject = stream;
  }, [stream]);
  const shoot = async () => {
    const picture = await pictureOf(video.current!, series ? 'image/jpeg' : 'image/png');
    if (picture) take(picture);
  };
  const shootOnce = async () => {
    await shoot();
    stop();
  };
  return (
    <div class="viewfinder">
      <video ref={video} autoPlay playsInline muted aria-label={say(texts.video)} />
      {series ? (
        <HoldButton label={say(texts.hold)} act={shoot} />
      ) : (
        <button type="button" class="main" onClick={() => void shootOnce()}>
          {say(texts.take)}
        </button>
      )}
      <button type="button" onClick={stop}>
        {say(texts.stop)}
      </button>
    </div>
  );
}

/** Milliseconds between pictures: alike ones teach nothing. */
const PACE = 200;

/** Acts again and again while it is held, by pointer or key; once for those whose aids only click. */
function HoldButton({ label, act }: { readonly label: string; readonly act: () => Promise<void> }) {
  const hold = useRef<object | undefined>(undefined);
  const release = () => {
    hold.current = undefined;
  };
  useEffect(() => release, []);
  const begin = async () => {
    const mine = {};
    hold.current = mine;
    while (hold.current === mine) {
      await act();
      await new Promise((resolve) => setTimeout(resolve, PACE));
    }
  };
  const isKey = ({ key }: KeyboardEvent) => key === ' ' || key === 'Enter';
  return (
    <button
      type="button"
      class="main hold"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        void begin();
      }}
      onPointerUp={release}
      onPointerCancel={release}
      onContextMenu={(event) => event.preventDefault()} // phones answer a long touch with a menu
      onKeyDown={(event) => {
        if (!isKey(event)) return;
        event.preventDefault(); // no click besides
        if (!event.repeat) void begin();
      }}
      onKeyUp={(event) => {
        event.preventDefault();
        release();
      }}
      onBlur={release}
      onClick={({ detail }) => {
        if (detail === 0) void act();
      }}
    >
      {label}
    </button>
  );
}

function pictureOf(video: HTMLVideoElement, type: string): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')!.drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, type, 0.95));
}
