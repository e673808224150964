import { describe, expect, test as it } from "vitest";
import { test, toggled } from "./api/alerts";
import { inOrder, sentence, type Step } from "./api/incidents";
import { matches } from "./app/palette";
import { whole } from "./pages/incidents";
import { flat } from "./pages/settings/config";
import { de } from "./text/de";
import { en } from "./text/en";
import { duration, left, span } from "./text/time";
import { filled } from "./ui/bars";
import { visible } from "./ui/evidence";
import { graph } from "./ui/graph";

describe("text", () => {
  it("both languages fill in the same names", () => {
    const names = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();
    const keys = Object.keys(en) as (keyof typeof en)[];
    expect(keys.length).toBeGreaterThan(200);
    for (const key of keys) expect(names(de[key]), key).toEqual(names(en[key]));
  });
  it("times", () => {
    expect(span("2026-01-15T03:12:07Z", "2026-01-15T03:57:30Z")).toBe("2026-01-15 03:12:07 – 03:57:30");
    expect(span("2026-01-15T03:12:07Z", "2026-01-16T03:57:30Z")).toBe("2026-01-15 03:12:07 – 2026-01-16 03:57:30");
    expect([duration(0), duration(61), duration(3600), duration(90061)]).toEqual(["0 s", "1 min 1 s", "1 h", "1 d 1 h"]);
    expect(left("2026-01-15T03:00:00Z", Date.parse("2026-01-15T03:00:01Z"))).toBe("");
  });
});

describe("what logs say", () => {
  it("shows what cannot be seen, and leaves the rest as it is", () => {
    expect(visible("a\u202eb\u0000c\u200b\x1b[2J")).toBe("a\\u{202e}b\\u{0}c\\u{200b}\\u{1b}[2J");
    expect(visible("<script>é\t漢</script>")).toBe("<script>é\t漢</script>");
  });
  it("takes times and counts from a sentence, and nothing from one of another form", () => {
    expect(sentence("03:12 to 03:23 1.2.3.4 guessed (T1110): 7 logins [1,440 in all]")).toEqual({ deed: "1.2.3.4 guessed (T1110)", detail: "7 logins" });
    expect(sentence("anything: at all")).toEqual({ deed: "anything: at all", detail: "" });
  });
  it("tells steps in the order of time", () => {
    const step = (at: string) => ({ at, until: at }) as Step;
    expect(inOrder([step("2026-02"), step("2026-01")]).map((each) => each.at)).toEqual(["2026-01", "2026-02"]);
  });
});

describe("queries", () => {
  it("quotes what the language would read otherwise", () => {
    expect(test("user.name", 'a" or *')).toBe('user.name:"a\\" or *"');
    expect(test("source.ip", "203.0.113.7")).toBe("source.ip:203.0.113.7");
    expect(test("user.name", null)).toBe("not user.name:*");
  });
  it("puts a test in and takes it out", () => {
    expect(toggled("", "a:1")).toBe("a:1");
    expect(toggled("a:1 and b:2", "a:1")).toBe("b:2");
    expect(toggled("a:1 or b:2", "c:3")).toBe("(a:1 or b:2) and c:3");
    expect([test("user.name", "root"), test("@timestamp", null), test('a "b": <c>', "x y")]).toEqual(["user.name:root", "not @timestamp:*", '"a \\"b\\": <c>":"x y"']);
    expect(whole("open", "a or b")).toBe("not state:(resolved or false-positive) and (a or b)");
    expect(whole("all", "a or b")).toBe("a or b");
  });
});

it("bars have an empty bucket where nothing was", () => {
  expect(filled([{ at: "1970-01-01T00:00:10Z", count: 2 }, { at: "1970-01-01T00:00:30Z", count: 1 }], 10)[1]).toEqual([2, 0, 1]);
  expect(filled([], 10)).toEqual([[], []]);
});

it("finds names by letters in their order", () => {
  expect([matches("Network", "nwk"), matches("Network", "kn")]).toEqual([true, false]);
});

it("settings by their path", () => {
  expect(flat({ api: { listen: "x", cors: [] }, network: {} })).toEqual([["api.listen", "x"], ["api.cors", "[]"], ["network", "{}"]]);
});

it("the graph names who did what to whom, the gravest first, and counts what it leaves out", () => {
  const alert = (source: string | null, host: string | null, user: string | null, level = "high", to: string | null = null) =>
    ({ "source.ip": source, "host.name": host, "user.name": user, "destination.ip": to, "rule.level": level }) as never;
  const { nodes, edges, left } = graph([alert("203.0.113.9", "web1", "root", "critical"), alert("203.0.113.8", "web1", null, "low"), alert(null, "web1", "root", "medium"), alert(null, "web1", null, "high", "198.51.100.7")]);
  expect(edges.map((each) => `${each.from.value}>${each.to.value} ${each.alerts} ${each.level}`)).toEqual(["203.0.113.9>web1 1 4", "web1>root 2 4", "203.0.113.8>web1 1 1", "web1>198.51.100.7 1 3"]);
  expect(nodes.filter((each) => each.x === 0).map((each) => each.value)).toEqual(["203.0.113.9", "203.0.113.8"]);
  expect(left).toBe(0);
  const many = graph(Array.from({ length: 40 }, (_, i) => alert(`203.0.113.${i}`, "web1", null)));
  expect([many.nodes.length, many.left, many.edges.length]).toEqual([6, 35, 5]);
  expect(new Set(many.nodes.map((each) => `${each.x} ${each.y}`)).size).toBe(6);
});
