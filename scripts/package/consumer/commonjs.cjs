/** From CommonJS: by dynamic import, and by require where Node has it. */
import('resmirror').then(({ summarise, resnet }) => {
  if (summarise(resnet('RESNET18')).parameters !== 11689512) throw new Error('another network');
  if (process.features.require_module && require('resmirror').summarise !== summarise) throw new Error('two copies');
});
