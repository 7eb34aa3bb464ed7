// ccxt.pro on the captured frames of Kraken v2, JSON text to book, its checksums off. Frames a second of processor time.
//
//     npm install --prefix /tmp/ccxt ccxt && NODE_PATH=/tmp/ccxt/node_modules node benches/peers/ccxt.mjs
//
// Reads ../shared/market, as the benchmarks beside this do.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const ccxt = createRequire(import.meta.url)("ccxt");
const capture = new URL("../../../shared/market/frames/kraken/v2_book10_BTCUSD_2023_wire_rebuilt.jsonl.gz", import.meta.url);
const records = gunzipSync(readFileSync(capture)).toString().trim().split("\n").map((line) => JSON.parse(line));
const frames = records.map((record) => record.data).filter((data) => data?.startsWith('{"channel":"book"'));

const kraken = new ccxt.pro.kraken();
kraken.options.watchOrderBook = { checksum: false };
kraken.handleErrorMessage = () => true;
kraken.markets = { "BTC/USD": { id: "XXBTZUSD", symbol: "BTC/USD", base: "BTC", quote: "USD", wsId: "XBT/USD",
    precision: { price: 0.1, amount: 1e-8 }, info: {} } };
kraken.markets_by_id = {};
kraken.symbols = ["BTC/USD"];
const client = { resolve() {}, reject(error) { throw error; }, subscriptions: {}, futures: {}, url: "wss://ws.kraken.com/v2" };

function rate(rounds) {
    const before = process.cpuUsage();
    for (let round = 0; round < rounds; round++) {
        kraken.orderbooks = {};
        for (const frame of frames) kraken.handleMessage(client, JSON.parse(frame));
    }
    const { user, system } = process.cpuUsage(before);
    return Math.round((rounds * frames.length) / ((user + system) / 1e6));
}

rate(50);
const rates = [1, 2, 3].map(() => rate(400));
console.log(`ccxt ${ccxt.version}, node ${process.version}: ${Math.max(...rates)} frames/s, best of ${rates.join(", ")}`);
const { bids, asks } = kraken.orderbooks["BTC/USD"];
console.log(`the book ends with ${bids[0]} and ${asks[0]}`);
