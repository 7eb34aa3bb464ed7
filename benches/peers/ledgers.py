#!/usr/bin/env python3
"""A million trades through exchequer, and the same through ledger and hledger: the time of each, and the ratio.

usage: ledgers.py EXCHEQUER [TRADES]

The others only add up balances; exchequer imports, opens and values its ledger, and tells profit and loss by FIFO.
"""
import datetime
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

exchequer, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
random.seed(1)
folder = tempfile.mkdtemp()
path = lambda name: os.path.join(folder, name)


def made():
    """The same trades in three forms."""
    held = dict.fromkeys(["BTC", "ETH", "SOL", "XRP"], 0)
    at = datetime.datetime(2024, 1, 1)
    with open(path("entries.csv"), "w") as entries, open(path("trades.csv"), "w") as trades, open(path("l"), "w") as text:
        entries.write("date,type,asset,quantity,price,currency,fee,id\n")
        trades.write("date,type,asset,quantity,price,fee\n")
        for n in range(count):
            asset, quantity = random.choice(list(held)), random.randint(1, 20_000)
            price, fee = random.randint(10_000, 5_000_000), random.randint(0, 500)
            sells = held[asset] >= quantity and random.random() < 0.48
            held[asset] += -quantity if sells else quantity
            at += datetime.timedelta(seconds=60)
            row = (at.strftime("%Y-%m-%dT%H:%M:%SZ"), "sell" if sells else "buy", asset)
            numbers = (f"{quantity / 1e4:.4f}", f"{price / 100:.2f}")
            trades.write(",".join((*row, *numbers, f"{fee / 100:.2f}")) + "\n")
            entries.write(",".join((*row, *numbers, "USD", f"{fee / 100:.2f}", f"t{n}")) + "\n")
            sign = "-" if sells else ""
            text.write(f"{at:%Y/%m/%d} t{n}\n    Assets:Crypto    {sign}{numbers[0]} {asset} @ {numbers[1]} USD\n")
            text.write(f"    Expenses:Fees    {fee / 100:.2f} USD\n    Assets:Cash\n\n")


def timed(name, *command):
    if shutil.which(command[0]) is None:
        print(f"{name:36} not installed")
        return None
    before = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    took = time.monotonic() - before
    print(f"{name:36} {took:7.2f} s", flush=True)
    return took


made()
os.environ["EXCHEQUER_DATA_DIR"] = path("data")
timed("exchequer portfolio import", exchequer, "portfolio", "import", path("entries.csv"), "--account", "a")
timed("exchequer nav (open and value)", exchequer, "nav")
own = timed("exchequer pnl (open and FIFO)", exchequer, "pnl")
timed("exchequer pnl --trades (FIFO)", exchequer, "pnl", "--trades", path("trades.csv"))
print(f"{'most memory of these':36} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024:7} MiB")
for other in ["ledger", "hledger"]:
    took = timed(f"{other} balance", other, "-f", path("l"), "balance")
    if took:
        print(f"{'':36} {took / own:7.1f} times as long as exchequer pnl")
shutil.rmtree(folder)
