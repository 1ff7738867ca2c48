"""The tools of the example: a shop with a few orders, and what an agent may do with them.

A tool that raises does what a service that refuses does: the model is told, and the observation is an error.
"""

from typing import Any

RETURN_DAYS = 30

ORDERS: dict[str, dict[str, Any]] = {
    "K2093": {"email": "mira@example.com", "status": "delivered", "days": 6, "amount": "39.90"},
    "K2117": {"email": "mira@example.com", "status": "shipped", "days": 1, "amount": "12.00"},
    "K1450": {"email": "jonas@example.com", "status": "delivered", "days": 84, "amount": "210.00"},
    "K2101": {"email": "li@example.com", "status": "delivered", "days": 12, "amount": "75.50"},
    "K2120": {"email": "li@example.com", "status": "packed", "days": 0, "amount": "18.25"},
    "K2088": {"email": "ada@example.com", "status": "cancelled", "days": 9, "amount": "54.00"},
}


def find_order(order_id: str) -> dict[str, Any]:
    """The order, by its number."""
    order = ORDERS.get(order_id)
    if order is None:
        raise LookupError(f"there is no order {order_id}")
    return {"order_id": order_id, "status": order["status"], "amount": order["amount"]}


def list_orders(email: str) -> list[str]:
    """The numbers of a customer's orders, the newest first."""
    mine = [number for number, order in ORDERS.items() if order["email"] == email]
    return sorted(mine, key=lambda number: ORDERS[number]["days"])


def refund_order(order_id: str) -> dict[str, Any]:
    """Pay the price of a delivered order back."""
    order = ORDERS[order_id]
    if order["days"] > RETURN_DAYS:
        raise ValueError(f"order {order_id} was delivered more than {RETURN_DAYS} days ago")
    return {"refunded": True, "amount": order["amount"]}
