import { account, type Role, signIn } from "../support/people";
import { expect, test } from "../support/test";

const HOMES: Record<Role, { url: RegExp; heading: string }> = {
  admin: { url: /\/$/, heading: "Overview" },
  staff: { url: /\/$/, heading: "Overview" },
  manager: { url: /\/$/, heading: "Overview" },
  partner: { url: /\/partners\/kasparek\/report$/, heading: "Kašpárek Hračky" },
};

for (const [role, home] of Object.entries(HOMES) as [Role, (typeof HOMES)[Role]][]) {
  test(`the ${role} signs in, lands at home and signs out`, async ({ page }) => {
    await signIn(page, role);
    await expect(page).toHaveURL(home.url);
    await expect(page.getByRole("heading", { level: 1, name: home.heading })).toBeVisible();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL(/sign-in/);
    await page.goto("/quarantine");
    await expect(page).toHaveURL(/sign-in/);
  });
}

test("a wrong password comes back with the address and a reason", async ({ page }) => {
  const { email } = account("staff");
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("Check both and try again");
  await expect(page.getByLabel("E-mail")).toHaveValue(email);
  await expect(page.getByLabel("Password")).toHaveValue("");
});

test("whoever comes by a link is led on after signing in", async ({ page }) => {
  await page.goto("/quarantine?partner=kasparek");
  await expect(page).toHaveURL(/sign-in/);
  const { email, password } = account("staff");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/quarantine\?partner=kasparek$/);
});
