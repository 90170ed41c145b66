/** Chromium's WebGPU adapter in software: correct, slow, and on every machine that has the browser. */
import { existsSync } from 'node:fs';

const FOLDER = '/usr/lib/chromium';
const DRIVER = `${FOLDER}/vk_swiftshader_icd.json`;

/** For a process whose Vulkan is to be that one; a loader of the system goes first. */
export const softwareVulkan = {
  VK_DRIVER_FILES: process.env.VK_DRIVER_FILES ?? DRIVER,
  LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, FOLDER].filter(Boolean).join(':'),
};

export const needsVulkan: { skip?: string; timeout?: number } = existsSync(softwareVulkan.VK_DRIVER_FILES)
  ? { timeout: 600_000 }
  : {
      skip: `${softwareVulkan.VK_DRIVER_FILES} is not there; install chromium, or name a Vulkan driver in VK_DRIVER_FILES`,
    };
