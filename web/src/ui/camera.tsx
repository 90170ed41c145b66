/** A picture of the camera as the image. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { say } from '../language.js';
import { texts } from './texts.js';

export function Camera({ take }: { readonly take: (picture: Blob) => void }) {
  const stream = useSignal<MediaStream | undefined>(undefined);
  const reason = useSignal('');
  const stop = () => {
    for (const track of stream.peek()?.getTracks() ?? []) track.stop();
    stream.value = undefined;
  };
  useEffect(() => stop, []);
  if (!navigator.mediaDevices) return null; // only safe places (https, or this machine) have cameras
  const start = async () => {
    try {
      stream.value = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      reason.value = '';
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
      {stream.value && <Viewfinder stream={stream.value} take={take} stop={stop} />}
      {reason.value && (
        <p class="note" role="alert">
          {say(texts.noCamera, { reason: reason.value })}
        </p>
      )}
    </>
  );
}

interface Looking {
  readonly stream: MediaStream;
  readonly take: (picture: Blob) => void;
  readonly stop: () => void;
}

function Viewfinder({ stream, take, stop }: Looking) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    video.current!.srcObject = stream;
  }, [stream]);
  const shoot = async () => {
    const picture = await pictureOf(video.current!);
    stop();
    if (picture) take(picture);
  };
  return (
    <div class="viewfinder">
      <video ref={video} autoPlay playsInline muted aria-label={say(texts.video)} />
      <button type="button" class="main" onClick={() => void shoot()}>
        {say(texts.take)}
      </button>
      <button type="button" onClick={stop}>
        {say(texts.stop)}
      </button>
    </div>
  );
}

function pictureOf(video: HTMLVideoElement): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')!.drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
