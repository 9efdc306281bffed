// What rss-parser and feedsmith make of feeds: reads file names, one a line; writes one JSON object a file.
import { readFileSync } from "node:fs";
import { parseFeed } from "feedsmith";
import Parser from "rss-parser";

const time = (value) => (value ? new Date(value).toISOString().slice(0, 19) : null);
const text = (value) => (value && typeof value === "object" ? value.value : value) ?? null;
const parser = new Parser({ customFields: { item: ["atom:updated", "updated", "dc:language"] } });

async function byRssParser(data) {
  const feed = await parser.parseString(data);
  return {
    title: feed.title,
    items: feed.items.map((item) => ({
      id: item.guid ?? item.id,
      link: item.link,
      title: item.title,
      published: time(item.published ?? item.pubDate),
      updated: time(item["atom:updated"] ?? item.updated),
      language: item["dc:language"] ?? null,
      content: item["content:encoded"] ?? item.content,
      enclosures: item.enclosure ? [item.enclosure.url] : [],
    })),
  };
}

function byFeedsmith(data) {
  const { format, feed } = parseFeed(data);
  const items = feed.items ?? feed.entries ?? [];
  const link = (item, rel) => (item.links ?? []).filter((one) => one.rel === rel).map((one) => one.href);
  return {
    format,
    title: text(feed.title),
    items: items.map((item) => ({
      id: text(item.guid) ?? item.id,
      link: item.link ?? item.url ?? link(item, "alternate")[0],
      title: text(item.title),
      published: time(item.pubDate ?? item.published ?? item.date_published),
      updated: time(item.atom?.updated ?? item.updated ?? item.date_modified),
      language: item.dc?.languages?.[0] ?? item.dc?.language ?? item.language ?? null,
      content: item.content?.encoded ?? text(item.content) ?? item.content_html,
      enclosures: (item.enclosures ?? item.attachments ?? []).map((one) => one.url).concat(link(item, "enclosure")),
    })),
  };
}

for (const name of readFileSync(0, "utf-8").split("\n").filter(Boolean)) {
  const data = readFileSync(name, "utf-8");
  const told = { name, feedsmith: byFeedsmith(data) };
  if (!name.endsWith(".json")) told["rss-parser"] = await byRssParser(data);
  process.stdout.write(JSON.stringify(told) + "\n");
}
