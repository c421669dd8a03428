// build.sh copies wasm_exec.js from the Go that builds the verifier.
export {};

declare global {
  class Go {
    importObject: WebAssembly.Imports;
    run(instance: WebAssembly.Instance): Promise<void>;
  }
}
