// Twin of core/rules (vectors.json and a fuzz hold them together). null is "unknown" and never opens anything.
const MAX = Number.MAX_SAFE_INTEGER, DEEP = 16, MANY = 200;
const ONE = [1, 1], TWO = [2, 2], ANY = [1, MANY];
const ARITY = {
  var: ONE, missing: ANY, "==": TWO, "!=": TWO, "<": [2, 3], "<=": [2, 3], ">": TWO, ">=": TWO, and: ANY, or: ANY, "!": ONE,
  in: TWO, if: [3, MANY], "+": ANY, "-": [1, 2], "*": ANY, min: ANY, max: ANY, some: TWO, all: TWO, none: TWO, days_between: TWO,
};
const PATH = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, DAY = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const isNum = (v) => typeof v === "number", isStr = (v) => typeof v === "string", isBool = (v) => typeof v === "boolean";
const has = (o, k) => Object.prototype.hasOwnProperty.call(o, k), own = (o, k) => (has(o, k) ? o[k] : null);
const num = (v) => (isNum(v) && Math.abs(v) <= MAX ? v + 0 : null);
const isList = Array.isArray, isMap = (v) => v !== null && typeof v === "object" && !isList(v);
const known = (v) => (isStr(v) ? v || null : isBool(v) || isList(v) || isMap(v) ? v : num(v));
const equal = (a, b) => (typeof a === typeof b && (isBool(a) || isStr(a) || isNum(a)) ? a === b : null);

// By code point, as in Python.
const order = (a, b) => {
  if (isNum(a) && isNum(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (!isStr(a) || !isStr(b)) return null;
  const x = Array.from(a), y = Array.from(b);
  for (let i = 0; i < x.length && i < y.length; i++) {
    const d = x[i].codePointAt(0) - y[i].codePointAt(0);
    if (d) return d < 0 ? -1 : 1;
  }
  return Math.sign(x.length - y.length);
};
const TEST = { "<": (d) => d < 0, "<=": (d) => d <= 0, ">": (d) => d > 0, ">=": (d) => d >= 0 };

const day = (text) => {
  const m = isStr(text) && DAY.exec(text);
  if (!m) return null;
  const [y, mo, d] = [+m[1], +m[2], +m[3]], at = new Date(0);
  at.setUTCFullYear(y, mo - 1, d); // Date.UTC reads 99 as 1999
  return y > 0 && at.getUTCMonth() === mo - 1 && at.getUTCDate() === d ? Math.round(at / 864e5) : null;
};
const fold = (step) => (vs) => (vs.every(isNum) ? vs.reduce((a, v) => (a === null ? a : num(step(a, v)))) : null);
const extreme = (sign) => (vs) => vs.reduce((a, v) => { const d = order(v, a); return d === null ? d : d === sign ? v : a; }, vs[0]);
const not = (t) => (isBool(t) ? !t : null);
const PLAIN = {
  "==": ([a, b]) => equal(a, b),
  "!=": ([a, b]) => not(equal(a, b)),
  in: ([v, list]) => {
    if (!isList(list)) return null;
    let answer = false;
    for (const o of list) {
      const same = equal(v, known(o));
      if (same) return true;
      if (same === null) answer = null;
    }
    return answer;
  },
  "+": fold((a, b) => a + b), "*": fold((a, b) => a * b),
  "-": (vs) => (vs.every(isNum) ? num(vs.length > 1 ? vs[0] - vs[1] : -vs[0]) : null),
  min: extreme(-1), max: extreme(1),
  days_between: ([a, b]) => { const x = day(a), y = day(b); return x === null || y === null ? null : y - x; },
};

const kleene = (runs, settles) => (facts) => {
  let answer = !settles;
  for (const run of runs) {
    const truth = run(facts);
    if (truth === settles) return settles;
    if (truth !== !settles) answer = null;
  }
  return answer;
};
const SPECIAL = {
  missing: (rs) => (f) => rs.some((r) => r(f) === null),
  and: (rs) => kleene(rs, false), or: (rs) => kleene(rs, true),
  "!": ([r]) => (f) => not(r(f)),
  if: (rs) => (f) => {
    for (let i = 0; i + 1 < rs.length; i += 2) {
      const t = rs[i](f);
      if (t === true) return rs[i + 1](f);
      if (t !== false) return null;
    }
    return rs[rs.length - 1](f);
  },
};
for (const op of ["<", "<=", ">", ">="]) SPECIAL[op] = (rs) => (f) => {
  const vs = rs.map((r) => r(f)), pair = (i) => () => { const d = order(vs[i], vs[i + 1]); return d === null ? d : TEST[op](d); };
  return kleene(vs.slice(1).map((_, i) => pair(i)), false)();
};
for (const op of ["some", "all", "none"]) SPECIAL[op] = ([rows, test]) => (f) => {
  const list = rows(f);
  if (!isList(list)) return null;
  const t = kleene(list.map((row) => () => test({ ...f, row })), op !== "all")();
  return op === "none" ? not(t) : t;
};

const fail = () => { throw new Error("rule"); };
const lookup = (path) => {
  if (!isStr(path) || path.length > 200 || !PATH.test(path)) fail();
  const keys = path.split("."), last = keys.pop();
  return (facts) => {
    let at = facts;
    for (const k of keys) if (!isMap((at = own(at, k)))) return null;
    return known(own(at, last));
  };
};
const build = (expr, depth, size) => {
  if (++size.n > MANY || depth > DEEP) fail();
  const each = (es) => es.map((e) => build(e, depth + 1, size));
  if (isList(expr)) { const rs = each(expr); return (f) => rs.map((r) => r(f)); }
  if (!isMap(expr)) { const v = known(expr); if (v === null) fail(); return () => v; }
  const [op, more] = Object.keys(expr);
  if (more !== undefined || op === undefined || !has(ARITY, op)) fail();
  const args = isList(expr[op]) ? expr[op] : [expr[op]], n = args.length;
  if (n < ARITY[op][0] || n > ARITY[op][1] || (op === "if" && n % 2 === 0)) fail();
  if (op === "var") return lookup(args[0]);
  if (op === "missing") return SPECIAL.missing(args.map((a) => {
    const run = build(a, depth + 1, size);
    if (!isMap(a)) return lookup(a);
    if (Object.keys(a)[0] !== "var") fail();
    return run;
  }));
  const rs = each(args);
  if (has(SPECIAL, op)) return SPECIAL[op](rs);
  return (f) => { const vs = rs.map((r) => r(f)); return vs.includes(null) ? null : PLAIN[op](vs); };
};

const cache = new WeakMap();
/** The closure of a rule; null for what is no rule. */
export const compile = (expr) => {
  const key = isMap(expr) ? expr : null;
  if (key && cache.has(key)) return cache.get(key);
  let run = null;
  try { run = build(expr, 1, { n: 0 }); } catch { /* unknown */ }
  if (key) cache.set(key, run);
  return run;
};
/** The computed value, null when unknown. */
export const value = (expr, facts) => { const run = compile(expr); return run ? run(facts ?? {}) : null; };
/** true, false or null (unknown). */
export const evaluate = (expr, facts) => { const v = value(expr, facts); return isBool(v) ? v : null; };
