/** What is done beside the event loop: each job is a function of what it is sent. */
import { readImages } from '../images/body.js';
import { draw, prepare } from '../images/pictures.js';
import { readTensors } from '../protocol/read.js';
import { writeNumbers } from '../protocol/write.js';

export const jobs = { prepare, draw, readImages, readTensors, writeNumbers } as const;

export type Jobs = typeof jobs;

/** Bytes of JSON or of a form, or about as many of numbers to be written, that take the event loop a millisecond or two. */
export const INLINE = 2 ** 16;
