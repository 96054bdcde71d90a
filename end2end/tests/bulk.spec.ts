// Many held records at once: planned, tried, run, and told one by one.
import { expect, test } from "../support/test";

test("staff plans a replay of what a list of a feed shows, sees what would become of them, and runs exactly these", async ({
  page,
  be,
  javaScriptEnabled,
}) => {
  await be("staff");
  await page.goto("/quarantine?partner=szabo");
  const first = page.getByRole("table", { name: "Held records" }).locator("tbody tr").first();
  const feed = `szabo/${await first.locator("td .named .sub").first().textContent()}`;
  // One product of it, so that the other journeys find theirs.
  const item = (await first.locator("th a").textContent()) ?? "";
  await page.goto(`/quarantine?feed=${feed}&item=${encodeURIComponent(item)}`);
  const button = page.getByRole("button", { name: /^Replay all/ });
  const number = (await button.textContent())?.match(/[\d,]+ records?/)?.[0] ?? "";
  await button.click();

  // The plan: the same number, and what would become of each, before anything happens.
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Replay ${number}`);
  const state = page.locator("main .badge").first();
  await expect(state).toHaveText("planned");
  await expect(async () => {
    if (!javaScriptEnabled) await page.reload();
    await expect(page.locator("main")).toContainText("Every record was tried", { timeout: 1000 });
  }).toPass();
  const total = Number(number.replace(/\D/g, ""));
  const tried = page.getByRole("table", { name: "What would become of them" });
  const figure = async (name: string) =>
    Number((await tried.locator("tr", { hasText: name }).locator("td").first().textContent())?.replace(/\D/g, ""));
  expect((await figure("would pass")) + (await figure("would fail again"))).toBe(total);

  // What cannot be meant is refused where it was typed.
  await page.getByLabel(/Most records a second/).fill("fast");
  await page.getByRole("button", { name: `Replay ${number}` }).click();
  await expect(page.locator("main")).toContainText("as a whole number from 1 to 100,000");
  await page.getByLabel(/Most records a second/).fill("");
  await page.getByLabel(/Pause when more/).fill("");
  await page.getByRole("button", { name: `Replay ${number}` }).click();

  await expect(async () => {
    if (!javaScriptEnabled) await page.reload();
    await expect(state).toHaveText("done", { timeout: 1000 });
  }).toPass();
  await expect(page.getByRole("heading", { name: /records decided/ })).toHaveText(
    `${total.toLocaleString("en")} of ${total.toLocaleString("en")} records decided`,
  );
  const csv = await page.request.get(
    (await page.getByRole("link", { name: /as CSV/ }).first().getAttribute("href")) ?? "",
  );
  expect((await csv.text()).trim().split("\n")).toHaveLength(total + 1);
  await page.goto("/jobs");
  await expect(page.getByRole("table", { name: "Jobs on sets" }).locator("tbody tr").first()).toContainText(`Replay ${number}`);
});

test("staff has every record of a replay changed by a rule, and sees some before and after, before anything is changed", async ({
  page,
  be,
  javaScriptEnabled,
}) => {
  await be("staff");
  await page.goto("/quarantine?partner=szabo");
  const first = page.getByRole("table", { name: "Held records" }).locator("tbody tr").first();
  const feed = `szabo/${await first.locator("td .named .sub").first().textContent()}`;
  await page.goto(`/quarantine?feed=${feed}`);
  await page.getByRole("button", { name: /^Replay all/ }).click();

  // What cannot be meant is refused, and nothing has to be typed again.
  await page.getByText("Change an attribute of every record").click();
  await page.getByLabel("Attribute", { exact: true }).fill("condition");
  await page.getByLabel("What to do with it").selectOption("set");
  await page.getByLabel(/^Why/).fill("all of it is used");
  await page.getByRole("button", { name: "Try this fix" }).click();
  await expect(page.locator("main")).toContainText("Give the value that is written");
  await expect(page.getByLabel("Attribute", { exact: true })).toHaveValue("condition");
  await page.getByLabel("What to write").fill("used");
  await page.getByRole("button", { name: "Try this fix" }).click();

  const samples = page.getByRole("table", { name: "condition before and after" }).locator("tbody tr");
  await expect(samples.first()).toContainText("used");
  await expect(async () => {
    if (!javaScriptEnabled) await page.reload();
    await expect(page.locator("main")).toContainText("Every record was tried", { timeout: 1000 });
  }).toPass();
  await expect(page.locator("tr", { hasText: "would be changed by the fix" })).toBeVisible();

  // The files to come can be mended in the same way: as a draft of the feed's profile.
  const plan = page.url();
  await page.getByRole("button", { name: "Keep this fix for the files to come" }).click();
  await expect(page).toHaveURL(/\/profile\?draft=/);
  const kept = page.getByRole("table", { name: "Fixes" }).locator("tbody tr");
  await expect(kept).toContainText("Sets condition to “used”");
  await expect(kept).toContainText(/Tomás Pereira, since \d{4}-\d\d-\d\d/);
  await page.goto(plan);
  await page.getByRole("button", { name: "Replay them without this fix" }).click();
  await expect(samples).toHaveCount(0);
  await page.getByRole("button", { name: "Drop this plan" }).click();
  await expect(page.locator("main .badge").first()).toHaveText("cancelled");
});

test("staff gives up those that are ticked, for a reason, and takes them back", async ({ page, be, javaScriptEnabled }) => {
  await be("staff");
  await page.goto("/quarantine?partner=lafontaine");
  const rows = page.getByRole("table", { name: "Held records" }).locator("tbody tr");
  await page.getByRole("button", { name: /^Discard ticked/ }).click();
  await expect(page.getByRole("alert")).toContainText("Tick 1 to 1000 records first");
  for (const row of [0, 1]) await rows.nth(row).getByRole("checkbox").check();
  await page.getByRole("button", { name: /^Discard ticked/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Discard 2 records");
  await page.getByLabel(/Why they are given up/).fill("out of print");
  await page.getByRole("button", { name: "Discard 2 records" }).click();
  const done = async () =>
    expect(async () => {
      if (!javaScriptEnabled) await page.reload();
      await expect(page.locator("main .badge").first()).toHaveText("done", { timeout: 1000 });
    }).toPass();
  await done();
  await page.goto("/quarantine?partner=lafontaine&state=discarded");
  await expect(rows).toHaveCount(2);
  for (const row of [0, 1]) await rows.nth(row).getByRole("checkbox").check();
  await page.getByRole("button", { name: /^Restore ticked/ }).click();
  await page.getByRole("button", { name: "Restore 2 records" }).click();
  await done();
});

test("a manager is offered no box to tick", async ({ page, be }) => {
  await be("manager");
  await page.goto("/quarantine?partner=szabo");
  await expect(page.getByRole("table", { name: "Held records" })).toBeVisible();
  await expect(page.getByRole("checkbox")).toHaveCount(0);
});
