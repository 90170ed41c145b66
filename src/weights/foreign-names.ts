/** Ends of the names that files of other programs usually have. */
const ENDINGS = ['.pth', '.pt', '.th', '.ckpt', '.pth.tar', '.npz', '.h5', '.hdf5', '.keras'];

export const isForeign = (path: string): boolean => ENDINGS.some((ending) => path.toLowerCase().endsWith(ending));
