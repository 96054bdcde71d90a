// Says where the feedgate under test listens, and where it keeps its data.
export const address = process.env.FEEDGATE_E2E_LISTEN ?? "127.0.0.1:4410";
export const dataDir = "../target/e2e-data";
