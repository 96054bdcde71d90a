import { expect, test } from "../support/test";

test("staff mends a GTIN, replays the record and sees it accepted", async ({ page, be, javaScriptEnabled }) => {
  await be("staff");

  // What the partner's page says before.
  await page.goto("/partners/kasparek");
  const feed = page.getByRole("table", { name: "Feeds" }).locator("tbody tr", { hasText: "products" });
  const kept = Number((await feed.locator("td").last().textContent())?.replace(/\D/g, ""));

  await page.goto("/quarantine?partner=kasparek&code=GTIN_CHECK");
  await page.getByRole("table", { name: "Held records" }).locator("tbody th a").first().click();
  const heading = page.getByRole("heading", { level: 1 });
  await expect(heading).toContainText(/KA-\d+/);
  const item = (await heading.textContent())?.match(/KA-\d+/)?.[0] ?? "";
  const broken = page.getByRole("table", { name: "Attributes" }).locator("tr", { hasText: "GTIN_CHECK" });
  await expect(broken.locator("th")).toHaveText("gtin");

  // The suggestion leads into the editor, filled in.
  await broken.getByRole("link", { name: /^Use/ }).click();
  await expect(page.getByRole("heading", { name: "Edit" })).toBeVisible();
  await page.getByLabel(/Why you change it/).fill("The partner confirmed the number");
  await page.getByRole("button", { name: "Save and replay" }).click();

  // With a script the page follows the worker; without one, the person does.
  const state = page.locator("main .badge").first();
  await expect(async () => {
    if (!javaScriptEnabled) await page.reload();
    await expect(state).toHaveText("accepted", { timeout: 1000 });
  }).toPass();
  const history = page.locator("section", { has: page.getByRole("heading", { name: "History" }) });
  await expect(history).toContainText("Tomás Pereira saved revision 1: The partner confirmed the number");
  await expect(history).toContainText("accepted in a replay");

  // The catalogue has one more, the quarantine one less, and the replay is a delivery of its own.
  await page.goto("/partners/kasparek");
  await expect(feed.locator("td").last()).toHaveText(String(kept + 1));
  await page.goto(`/quarantine?partner=kasparek&item=${item}`);
  await expect(page.getByText("No held record matches")).toBeVisible();
  await page.goto("/deliveries?partner=kasparek");
  await expect(page.getByRole("table", { name: "Deliveries" }).locator("tbody tr").first()).toContainText(/replay/i);
});

test("staff gives a record up with a reason, and takes it back", async ({ page, be }) => {
  await be("staff");
  await page.goto("/quarantine?partner=lafontaine");
  await page.getByRole("table", { name: "Held records" }).locator("tbody th a").first().click();
  await page.locator("summary", { hasText: "Discard" }).click();
  await page.getByLabel(/Why it is given up/).fill("out of print");
  await page.getByRole("button", { name: "Discard this record" }).click();
  const state = page.locator("main .badge").first();
  await expect(state).toHaveText("discarded");
  await expect(page.locator("main")).toContainText("out of print");
  await page.getByRole("button", { name: "Take it back" }).click();
  await expect(state).toHaveText("quarantined");
});

test("filters live in the address, and an empty result says what to do", async ({ page, be }) => {
  await be("staff");
  await page.goto("/quarantine");
  await page.getByLabel("Partner").selectOption({ label: "Szabó Ékszer" });
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page).toHaveURL(/partner=szabo/);
  await expect(page.getByRole("table", { name: "Held records" }).locator("tbody tr").first()).toContainText("Szabó");
  await page.getByLabel("Product id").fill("no such product");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page.getByText("No held record matches")).toBeVisible();
});

test("a search looks into the records, and says how many it has looked at", async ({ page, be }) => {
  await be("staff");
  await page.goto("/quarantine?partner=kasparek");
  await page.locator("summary", { hasText: "Search in the records" }).click();
  await page.getByLabel("Attribute").fill("gtin");
  await page.getByLabel("Severity").selectOption("error");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page).toHaveURL(/attribute=gtin/);
  await expect(page.getByRole("navigation", { name: "Pages" })).toContainText(/Scanned \d+ of \d+ records; \d+ match/);
  await expect(page.getByRole("table", { name: "Held records" }).locator("tbody tr").first()).toContainText(/gtin/i);
  await page.getByLabel("Text in a value or message").fill("no such words anywhere");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page.getByText("No held record matches")).toBeVisible();
  await expect(page.locator("main")).toContainText(/Scanned \d+ of \d+ records/);
});

test("a manager reads a held record and is offered no button to change it", async ({ page, be }) => {
  await be("manager");
  await page.goto("/quarantine?partner=kasparek");
  await page.getByRole("table", { name: "Held records" }).locator("tbody th a").first().click();
  await expect(page.getByRole("table", { name: "Attributes" })).toBeVisible();
  for (const name of [/Edit/, /Replay/, /Discard/]) {
    await expect(page.locator("main").getByRole("button", { name })).toHaveCount(0);
    await expect(page.locator("main").getByRole("link", { name })).toHaveCount(0);
  }
});

test("a suggestion is a click away where a script runs, and to read where none does", async ({ page, be, javaScriptEnabled }) => {
  await be("staff");
  await page.goto("/quarantine?partner=kasparek&code=GTIN_CHECK");
  await page.getByRole("table", { name: "Held records" }).locator("tbody th a").first().click();
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  const gtin = page.locator(".attribute", { has: page.locator("label code", { hasText: /^gtin$/ }) });
  const field = gtin.locator("input[name='values[]']");
  const sent = await field.inputValue();
  if (!javaScriptEnabled) {
    await expect(gtin.locator("p.suggestion")).toContainText("Would pass:");
    return;
  }
  await gtin.getByRole("button", { name: /^Use/ }).click();
  await expect(field).not.toHaveValue(sent);
  await expect(field).toHaveValue(/^\d{13}$/);
});

test("the second of two tabs that save sees what the first changed, loses nothing and saves over it knowingly", async ({
  page,
  be,
  context,
}) => {
  await be("staff");
  await page.goto("/quarantine?partner=szabo");
  const link = page.getByRole("table", { name: "Held records" }).locator("tbody th a").first();
  const address = (await link.getAttribute("href"))?.split("?")[0] ?? "";
  const other = await context.newPage();
  const field = (tab: typeof page, name: string) =>
    tab
      .locator(".attribute", { has: tab.locator("label code", { hasText: new RegExp(`^${name}$`) }) })
      .locator("[name='values[]']");
  for (const tab of [page, other]) await tab.goto(`${address}?edit=1`);
  const [title, brand, mpn] = await Promise.all(
    ["title", "brand", "mpn"].map((name) => field(page, name).inputValue()),
  );

  await field(page, "title").fill(`${title} (first)`);
  await field(page, "mpn").fill(`${mpn}1`);
  await page.getByLabel(/Why you change it/).fill("the first tab");
  await page.getByRole("button", { name: "Save revision" }).click();
  await expect(page.locator("main")).toContainText("saved revision");

  await field(other, "title").fill(`${title} (second)`);
  await field(other, "brand").fill(`${brand}2`);
  await other.getByLabel(/Why you change it/).fill("the second tab");
  await other.getByRole("button", { name: "Save revision" }).click();
  await expect(other.getByRole("alert")).toContainText("while you were editing");
  const changed = other.getByRole("table", { name: "What they changed" });
  await expect(changed.locator("tbody tr")).toHaveCount(2);
  await expect(changed.locator("tr", { hasText: "title" }).locator("td")).toHaveText([
    title ?? "",
    `${title} (first)`,
    `${title} (second)`,
    "yours",
  ]);
  await expect(changed.locator("tr", { hasText: "mpn" }).locator("td").last()).toHaveText("theirs");
  // Theirs where only they changed it, mine where I did; the reason is kept too.
  await expect(field(other, "title")).toHaveValue(`${title} (second)`);
  await expect(field(other, "mpn")).toHaveValue(`${mpn}1`);
  await expect(field(other, "brand")).toHaveValue(`${brand}2`);
  await expect(other.getByLabel(/Why you change it/)).toHaveValue("the second tab");

  await other.getByRole("button", { name: /^Save over revision \d+$/ }).click();
  await expect(other.locator("main")).toContainText("the second tab");
  const kept = other.getByRole("table", { name: "Attributes" });
  await expect(kept.locator("tr", { hasText: "(second)" })).toHaveCount(1);
  await expect(kept.locator("tr", { hasText: `${brand}2` })).toHaveCount(1);
  await expect(kept.locator("tr", { hasText: `${mpn}1` })).toHaveCount(1);
  await other.close();
});
