/** Ends of the names that files of other programs usually have. */
const ENDINGS = ['.pth', '.pt', '.th', '.ckpt', '.pth.tar', '.npz', '.bin', '.index.json'];

export const isForeign = (path: string): boolean => ENDINGS.some((ending) => path.toLowerCase().endsWith(ending));
