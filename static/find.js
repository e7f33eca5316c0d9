// A secret that is looked for does not leave the browser: its SHA-256 does.
(() => {
  "use strict";
  const shape = /keydesk(gw)?_[0-9A-Za-z]{49}/; // also within a header, a line of a file, quotes

  // Plain http has no crypto.subtle, so FIPS 180-4 by hand; the constants are the fractional parts of roots of primes.
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) >>> 0;
  const start = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
  const round = primes.map((p) => fraction(Math.cbrt(p)));
  const turn = (x, n) => (x >>> n) | (x << (32 - n));

  const sha256 = (text) => {
    const bytes = new TextEncoder().encode(text);
    const length = ((bytes.length + 72) >> 6) << 6;
    const block = new DataView(new ArrayBuffer(length));
    bytes.forEach((b, i) => block.setUint8(i, b));
    block.setUint8(bytes.length, 0x80);
    block.setUint32(length - 4, bytes.length * 8);
    const h = start.slice();
    const w = new Int32Array(64);
    for (let at = 0; at < length; at += 64) {
      for (let i = 0; i < 64; i++) {
        const s0 = i < 16 || turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
        const s1 = i < 16 || turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
        w[i] = i < 16 ? block.getInt32(at + 4 * i) : w[i - 16] + s0 + w[i - 7] + s1;
      }
      let [a, b, c, d, e, f, g, k] = h;
      for (let i = 0; i < 64; i++) {
        const t1 = (k + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + round[i] + w[i]) | 0;
        const t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [k, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
      }
      [a, b, c, d, e, f, g, k].forEach((v, i) => { h[i] = (h[i] + v) | 0; });
    }
    return h.map((v) => (v >>> 0).toString(16).padStart(8, "0")).join("");
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-find]")) return;
    const secret = shape.exec(form.elements.q.value);
    form.elements.digest.value = secret ? sha256(secret[0]) : "";
    if (form.elements.digest.value) form.elements.q.value = "";
  }, true);
})();
