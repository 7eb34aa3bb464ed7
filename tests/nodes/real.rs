//! A bitcoind and an ElectrumX that live as long as a test.

use bdk_bitcoind_rpc::bitcoincore_rpc::{Auth, Client, RpcApi};
use bdk_esplora::esplora_client::{self, BlockingClient};
use bdk_wallet::bitcoin::consensus::encode::serialize_hex;
use bdk_wallet::bitcoin::{BlockHash, Network};
use exchequer::chain::{Chain, Settings, open};
use exchequer::sim::{ChainServer, ChainSettings};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Long enough for any machine; nothing here waits for it unless something is broken.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where `scripts/nodes` puts them.
fn folder() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let folder = cache.join("exchequer/nodes");
    assert!(folder.join("bin/bitcoind").exists(), "no nodes in {}: make test-nodes builds them", folder.display());
    folder
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until something is so.
pub fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "{what} did not come about");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub fn settings() -> Settings {
    Settings::new(Network::Regtest)
}

/// A process that ends with its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A bitcoind on regtest.
pub struct Node {
    process: Option<Process>,
    pub rpc: Client,
    pub port: u16,
    folder: tempfile::TempDir,
}

impl Node {
    pub fn start() -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let rpc =
            Client::new(&format!("http://127.0.0.1:{port}"), Auth::UserPass("alice".into(), "s3cret".into())).unwrap();
        let mut node = Self { process: None, rpc, port, folder };
        node.run();
        node
    }

    /// Starts it, for the first time or anew.
    pub fn run(&mut self) {
        let child = Command::new(self::folder().join("bin/bitcoind"))
            .args([
                "-regtest",
                "-server",
                "-txindex",
                "-txospenderindex",
                "-listen=0",
                "-dnsseed=0",
                "-printtoconsole=0",
            ])
            // A name and password beside the cookie; the hash is that of `s3cret`.
            .arg("-rpcauth=alice:5d1c$2b0a280ec32f1c3c8f89a5421d1e21e7cf73336591abefa9259d71fea4d21522")
            .arg(format!("-datadir={}", self.folder.path().display()))
            .arg(format!("-rpcport={}", self.port))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(Process(child));
        eventually("bitcoind", || self.rpc.get_block_count().is_ok());
    }

    /// Takes it away, as when a machine fails.
    pub fn kill(&mut self) {
        self.process = None;
    }

    pub fn call(&self, method: &str, params: &[Value]) -> Value {
        self.rpc.call(method, params).unwrap()
    }

    /// The hash of the newest block.
    pub fn rpc_tip(&self) -> String {
        self.rpc.get_best_block_hash().unwrap().to_string()
    }

    pub fn cookie(&self) -> PathBuf {
        self.folder.path().join("regtest/.cookie")
    }

    /// The way to it by its cookie.
    pub fn source(&self) -> String {
        format!("bitcoind:http://127.0.0.1:{}?cookie={}", self.port, self.cookie().display())
    }

    pub fn chain(&self) -> Box<dyn Chain> {
        open(&self.source().parse().unwrap(), &settings()).unwrap()
    }
}

/// An ElectrumX in front of a node.
pub struct Electrumx {
    _process: Process,
    pub port: u16,
    _folder: tempfile::TempDir,
}

impl Electrumx {
    pub fn start(node: &Node) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let child = Command::new(self::folder().join("electrumx/bin/electrumx_server"))
            .env_clear()
            .env("HOME", folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap())
            .envs([("COIN", "Bitcoin"), ("NET", "regtest"), ("ALLOW_ROOT", "1"), ("PEER_DISCOVERY", "off")])
            .env("DB_ENGINE", "leveldb")
            .envs([("COST_SOFT_LIMIT", "0"), ("COST_HARD_LIMIT", "0")])
            .envs([("DAEMON_POLL_INTERVAL_BLOCKS", "100"), ("DAEMON_POLL_INTERVAL_MEMPOOL", "100")])
            .env("DAEMON_URL", format!("http://alice:s3cret@127.0.0.1:{}", node.port))
            .env("DB_DIRECTORY", folder.path())
            .env("SERVICES", format!("tcp://127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let electrumx = Self { _process: Process(child), port, _folder: folder };
        eventually("ElectrumX", || open(&electrumx.source().parse().unwrap(), &settings()).is_ok());
        electrumx
    }

    pub fn source(&self) -> String {
        format!("electrum:tcp://127.0.0.1:{}", self.port)
    }

    pub fn chain(&self) -> Box<dyn Chain> {
        open(&self.source().parse().unwrap(), &settings()).unwrap()
    }
}

/// The simulated chain, and a real node that is given all of its blocks: both then have the same chain.
pub struct Twins {
    pub sim: ChainServer,
    pub node: Node,
    esplora: BlockingClient,
    _runtime: Runtime,
}

impl Twins {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sim = runtime.block_on(ChainServer::start(ChainSettings::default())).unwrap();
        let esplora = esplora_client::Builder::new(&format!("http://{}", sim.addr())).build_blocking();
        let twins = Self { sim, node: Node::start(), esplora, _runtime: runtime };
        twins.mirror();
        twins
    }

    /// The way to the simulated one.
    pub fn simulated(&self) -> Box<dyn Chain> {
        open(&self.sim.source().parse().unwrap(), &settings()).unwrap()
    }

    /// Gives the node all blocks and all that waits. The node checks every one of them.
    pub fn mirror(&self) {
        let (height, tip) = self.sim.tip();
        let mut missing: Vec<BlockHash> = Vec::new();
        for height in (1..=height).rev() {
            let hash = self.esplora.get_block_hash(height).unwrap();
            if self.node.rpc.get_block_hash(height.into()).is_ok_and(|known| known == hash) {
                break;
            }
            missing.push(hash);
        }
        for hash in missing.into_iter().rev() {
            let block = self.esplora.get_block_by_hash(&hash).unwrap().unwrap();
            let said = self.node.call("submitblock", &[json!(serialize_hex(&block))]);
            assert!(said.is_null() || said == "inconclusive", "block {hash} is refused: {said}");
        }
        assert_eq!(self.node.rpc.get_best_block_hash().unwrap(), tip, "the node follows");
        for txid in self.sim.waiting() {
            if self.node.rpc.get_mempool_entry(&txid).is_err() {
                let transaction = self.sim.transaction(txid).unwrap();
                assert_eq!(self.node.rpc.send_raw_transaction(&transaction).unwrap(), txid);
            }
        }
    }
}
