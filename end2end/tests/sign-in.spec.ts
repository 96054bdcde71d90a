import { expect, test } from "@playwright/test";
import { type Role, signIn } from "../support/people";

test("the sign-in page answers", async ({ page }) => {
  const response = await page.goto("/sign-in");
  expect(response?.status()).toBe(200);
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
});

for (const role of ["admin", "staff", "manager", "partner"] satisfies Role[]) {
  test(`the ${role} signs in`, async ({ page }) => {
    await signIn(page, role);
  });
}
