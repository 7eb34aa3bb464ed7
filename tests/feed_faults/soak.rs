//! Endurance: six connections, five thousand messages a second, and everything goes wrong all the time.
//!
//! A few seconds as a test; `scripts/soak faults SECONDS` runs it for as long as wanted and prints what it saw. Venues,
//! networks and connections are one process here, so what is flat for it is flat for each of them.
//!
//! Every few seconds the markets are held still, and then each book must be its venue's own. Two things may delay that.
//! A book that waits for its snapshot, which may be lost like anything else, takes some seconds ("late"). And a change that
//! is lost shows with the next one: when the last of all was lost, the market has to move on before anybody can know
//! ("unseen"). Both are counted, and a book that is not right after a few moves is wrong.

use super::*;
use std::time::Instant;

const CONNECTIONS: u64 = 6;
/// Changes a second at the venues. Some lie beyond the depth, and markets that are held still make none: more than five
/// thousand messages a second arrive.
const RATE: u32 = 8_400;
/// The checksum covers so many levels, so that nothing can be wrong and unseen.
const DEPTH: usize = 10;
/// What goes wrong at the venues, with the share of messages: for a while, and for a test.
const SELDOM: [&str; 5] =
    ["drop@0.0001", "gap@0.0001", "corrupt-checksum@0.0001", "garbage@0.0001", "disconnect@0.00002"];
const OFTEN: [&str; 5] = ["drop@0.001", "gap@0.001", "corrupt-checksum@0.001", "garbage@0.001", "disconnect@0.0005"];
const LOOKS: u32 = 5;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    /// What the next connection meets on its way.
    fn fault(&mut self) -> Fault {
        let after = 20_000 + self.below(1_000_000);
        match self.below(8) {
            0 => Fault::Cut { after },
            1 => Fault::Reset { after },
            2 => Fault::HalfClose { after },
            3 => Fault::Delay(Duration::from_millis(20)),
            4 => Fault::Throttle { bytes_per_second: 2_000_000 },
            5 => Fault::Pings(500),
            6 => Fault::Compressed,
            _ => Fault::None,
        }
    }
}

/// What the process has used.
#[derive(Clone, Copy, Debug)]
struct Usage {
    /// In clock ticks, a hundredth of a second each.
    processor: u64,
    kilobytes: u64,
    files: usize,
}

impl Usage {
    fn now() -> Self {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        // Behind the name, which may hold blanks: the 14th and 15th field of all.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks = |field: usize| fields[field].parse::<u64>().unwrap();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        Self {
            processor: ticks(11) + ticks(12),
            kilobytes: resident.trim().trim_end_matches(" kB").parse().unwrap(),
            files: std::fs::read_dir("/proc/self/fd").unwrap().count(),
        }
    }
}

#[derive(Default)]
struct Report {
    messages: u64,
    checkpoints: u32,
    late: u32,
    unseen: u32,
}

/// Goes on until `enough` says so, which is asked after every round of checkpoints.
async fn endure(troubles: [&str; 5], between: Duration, mut enough: impl FnMut(&[Scene], &Report) -> bool) {
    let mut scenes = Vec::new();
    for seed in 1..=CONNECTIONS {
        let faults = troubles.map(|fault| fault.parse().unwrap()).to_vec();
        let settings = SimSettings { seed, rate: RATE / CONNECTIONS as u32, faults, ..SimSettings::default() };
        scenes.push(Scene::with(Fault::None, settings, DEPTH).await);
    }
    let (mut report, mut dice) = (Report::default(), Dice(7));
    loop {
        for _ in 0..CONNECTIONS {
            scenes[dice.below(scenes.len())].proxy.set(dice.fault());
            tokio::time::sleep(between / CONNECTIONS as u32).await;
        }
        for scene in &scenes {
            scene.proxy.set(Fault::None);
            checkpoint(scene, &mut report).await;
            scene.venue.set_moving(true);
        }
        report.messages = scenes.iter().map(|scene| scene.venue.sent()).sum();
        if enough(&scenes, &report) {
            break;
        }
    }
    for scene in scenes {
        scene.close().await;
    }
}

async fn checkpoint(scene: &Scene, report: &mut Report) {
    report.checkpoints += 1;
    for _ in 0..LOOKS {
        scene.venue.set_moving(false);
        let patience = Instant::now() + Duration::from_secs(3);
        while Instant::now() < patience {
            if scene.right(&scene.ear.0.lock().unwrap()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let differs = {
            let heard = scene.ear.0.lock().unwrap();
            Pair::standard().iter().any(|pair| scene.compared(&heard, &pair.symbol) == Some(false))
        };
        *(if differs { &mut report.unseen } else { &mut report.late }) += 1;
        scene.venue.set_moving(true);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    scene.books_are_right().await;
}

/// Whatever is counted of all connections so far.
fn sums(scenes: &[Scene]) -> (usize, u64) {
    let mut sums = (0, 0);
    for scene in scenes {
        let heard = scene.ear.0.lock().unwrap();
        sums.0 += heard.ups;
        sums.1 += heard.market.listings().map(|(_, _, listing)| listing.book.record().resyncs).sum::<u64>();
    }
    sums
}

#[tokio::test(flavor = "multi_thread")]
async fn books_are_right_through_everything() {
    let Some(seconds) = std::env::var("EXCHEQUER_SOAK_SECONDS").ok() else {
        // As long as it takes until much was heard and all kinds of things went wrong.
        let enough = |scenes: &[Scene], report: &Report| {
            let (ups, resyncs) = sums(scenes);
            report.messages > 5_000 && report.checkpoints > CONNECTIONS as u32 && ups > 8 && resyncs > 10
        };
        return endure(OFTEN, Duration::from_secs(1), enough).await;
    };
    let seconds: u64 = seconds.parse().unwrap();
    println!("{CONNECTIONS} connections, {RATE} changes/s in all, {seconds} s; at the venues: {}", SELDOM.join(" "));
    println!("| minute | messages | connections | resyncs | checkpoints | late | unseen | MB | files | µs/message |");
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let (mut before, mut minute, mut rows) = ((Usage::now(), 0), 0, Vec::new());
    let began = Instant::now();
    let lap = |scenes: &[Scene], report: &Report| {
        let over = began.elapsed().as_secs() >= seconds;
        if began.elapsed().as_secs() / 60 == minute {
            return over;
        }
        minute = began.elapsed().as_secs() / 60;
        let (usage, (ups, resyncs)) = (Usage::now(), sums(scenes));
        let micros = (usage.processor - before.0.processor) * 10_000 / (report.messages - before.1).max(1);
        before = (usage, report.messages);
        rows.push((usage, micros));
        let Report { messages, checkpoints, late, unseen } = report;
        let (megabytes, files) = (usage.kilobytes / 1024, usage.files);
        println!(
            "| {minute} | {messages} | {ups} | {resyncs} | {checkpoints} | {late} | {unseen} | {megabytes} | {files} | {micros} |"
        );
        over
    };
    endure(SELDOM, Duration::from_secs(8), lap).await;
    // The first minutes fill caches, tapes and buffers.
    let flat = rows.split_off(rows.len().min(5).min(rows.len() / 2));
    let spread = |figure: fn(&(Usage, u64)) -> u64| {
        let all = || flat.iter().map(figure);
        (all().min().unwrap_or_default(), all().max().unwrap_or_default())
    };
    let (memory, files, work) = (spread(|row| row.0.kilobytes), spread(|row| row.0.files as u64), spread(|row| row.1));
    println!("after the warm-up: {memory:?} kB, {files:?} files, {work:?} µs/message, least and most");
    assert!(memory.1 < memory.0 + memory.0 / 4, "memory grows");
    assert!(files.1 < files.0 + 24, "files stay open");
}
