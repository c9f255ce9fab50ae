/** `interleave-kernel.wat`, compiled by `npm run wasm`. */
export const wasmBase64 =
  'AGFzbQEAAAABCgFgBn9/f39/fwADAgEABQMBAAEHFwIGbWVtb3J5AgAKaW50ZXJsZWF2ZQAACr8CAbwCAgF/BHsDQCADIAZq/QAEAP1hIQcgByAAIAZq/QAEAP1OIQggByABIAZq/QAEAP1OIQkgByACIAZq/QAEAP1OIQogBSAI/QwA//8B//8C//8D//8E//8F/Q4gCf0M/wD//wH//wL//wP//wT///0OIAr9DP//AP//Af//Av//A///BP/9Dv1Q/VD9CwQAIAUgCP0M//8G//8H//8I//8J//8K//0OIAn9DAX//wb//wf//wj//wn//wr9DiAK/Qz/Bf//Bv//B///CP//Cf///Q79UP1Q/QsEECAFIAj9DP8L//8M//8N//8O//8P///9DiAJ/Qz//wv//wz//w3//w7//w///Q4gCv0MCv//C///DP//Df//Dv//D/0O/VD9UP0LBCAgBUEwaiEFIAZBEGohBiAGIARJDQALCw==';
