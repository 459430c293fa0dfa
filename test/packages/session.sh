# A session with the installed `loggregator`, which is on the PATH, in an empty folder. Exits with 0
# if everything works, and otherwise prints the first failure.
set -u

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

# Runs the rest of its arguments until they succeed, for 20 s.
await() {
  what=$1
  shift
  for _ in $(seq 200); do
    "$@" && return
    sleep 0.1
  done
  fail "$what"
}

# expect CODE PART COMMAND…: the command ends with the code, and one line that has the part.
expect() {
  code=$1 part=$2
  shift 2
  "$@" > out.log 2> err.log < /dev/null
  [ $? -eq "$code" ] || fail "$* did not end with $code: $(cat err.log)"
  [ "$(wc -l < err.log)" -eq 1 ] || fail "$* printed other than one line: $(cat err.log)"
  grep -qF -- "$part" err.log || fail "$* did not print $part: $(cat err.log)"
}

emulate= tail=
trap 'kill -KILL $emulate $tail 2> /dev/null' EXIT

anywhere=127.0.0.1:0
loggregator emulate --env loggregator.env --ingress $anywhere --egress $anywhere \
  --gateway $anywhere --v1 $anywhere --log-cache $anywhere --token good --ui-port 0 > emulate.log &
emulate=$!
await "no environment file" test -e loggregator.env
set -a
. ./loggregator.env
set +a

await "no page" grep -q '^  page ' emulate.log
page=$(sed -n 's/^ *page *\(http[^ ]*\).*/\1/p' emulate.log)
for file in / /page.js /page.css /icon.svg; do
  node --eval 'fetch(process.argv[1]).then(({ ok }) => process.exit(ok ? 0 : 1))' "$page$file" ||
    fail "$page$file is not there"
done

for from in "--egress $LOGGREGATOR_EGRESS_ADDRESS" "--gateway $LOGGREGATOR_GATEWAY_URL"; do
  readers=$(grep -c '  1 reader$' emulate.log)
  loggregator tail $from --source-id load --json > tail.log 2> tail.err &
  tail=$!
  reads() { [ "$(grep -c '  1 reader$' emulate.log)" -gt "$readers" ]; }
  await "tail $from does not read" reads
  seq 10000 | loggregator emit log --source-id load || fail "emit ended with $?"
  has_all() { [ "$(wc -l < tail.log)" -eq 10000 ]; }
  await "tail $from did not print all lines" has_all
  kill -INT $tail
  wait $tail || fail "tail $from ended with $?"
  grep -q '^loggregator: 10,000 envelopes in .*: 10,000 logs$' tail.err || fail "$(cat tail.err)"
  node --eval '
    const lines = require("node:fs").readFileSync(0, "utf8").trimEnd().split("\n");
    for (const [index, line] of lines.entries()) {
      const text = atob(JSON.parse(line).log.payload);
      if (text !== String(index + 1)) throw new Error(`line ${index + 1} is ${text}`);
    }' < tail.log || fail "tail $from is not in order"
  gone() { tail -n 1 emulate.log | grep -q '  0 readers$'; }
  await "tail $from did not disconnect" gone
done

loggregator recent load --count 1 --time none > recent.log 2> recent.err || fail "$(cat recent.err)"
grep -q ' 10000$' recent.log || fail "recent does not print the newest line: $(cat recent.log)"
grep -q '^loggregator: reading from log-cache http' recent.err || fail "$(cat recent.err)"
loggregator emit gauge cpu=12.5 --source-id load || fail "emit gauge ended with $?"
has_metric() { loggregator query 'cpu{source_id="load"}' 2> query.err | grep -q '  12.5$'; }
await "query does not find the gauge" has_metric
loggregator meta --no-rate 2> meta.err | grep -q '^load  *20,001 ' || fail "meta does not count load: $(cat meta.err)"

expect 2 "see \"loggregator tail --help\"" loggregator tail --nope
expect 2 "(Did you mean tail?)" loggregator tial
expect 1 "check the address" loggregator tail --egress 127.0.0.1:1
expect 1 "check the address" loggregator emit log --address 127.0.0.1:1 hello
expect 1 "check the address" loggregator emit log --v1 --v1-address 127.0.0.1:1 hello
expect 1 "check the address" loggregator top --egress 127.0.0.1:1
expect 1 "begins with http://" loggregator tail --gateway "https://${LOGGREGATOR_GATEWAY_URL#http://}"
expect 2 "a number up to" loggregator emit counter requests 18446744073709551616
expect 1 "cannot read the file" loggregator tail --ca nowhere.crt
expect 1 "not the private key of the certificate" loggregator emit log --cert "$LOGGREGATOR_CA_PATH" hello
expect 1 "--token or CF_TOKEN" loggregator tail --gateway "$LOGGREGATOR_GATEWAY_URL" --token wrong
expect 1 "token" loggregator recent load --log-cache-url "$LOGGREGATOR_LOG_CACHE_URL" --token wrong
expect 2 "select an app or a source" loggregator recent
expect 1 "--ca" loggregator tail --egress "$LOGGREGATOR_INGRESS_ADDRESS"

loggregator demo > demo.log || fail "demo ended with $?"

kill -INT $emulate
wait $emulate || fail "emulate ended with $?"
grep -q '^Ended after .*: 20,001 envelopes received, 20,000 delivered, 0 dropped$' emulate.log ||
  fail "emulate did not sum up: $(cat emulate.log)"
[ ! -e loggregator.env ] || fail "the environment file is still there"
emulate= tail=
