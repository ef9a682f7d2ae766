"""What Salesforce and HubSpot call our fields, in their exports and in their interfaces.

Names are compared without regard to case, spaces and signs, so ``BillingLatitude``, ``Billing Latitude`` and
``billing_latitude`` are one.
"""

from __future__ import annotations


def plain_name(name: str) -> str:
    """Return a column's name without case, spaces and signs: ``Annual Revenue`` → ``annualrevenue``."""
    return "".join(c for c in name.casefold() if c.isalnum())


ALIASES: dict[str, dict[str, tuple[str, ...]]] = {
    "customers": {
        "customer_id": (
            "Id", "Account ID", "Account Id", "Record ID", "Record Id - Company", "hs_object_id", "Company ID",
            "客户编号", "客户ID",
        ),
        "name": ("Account Name", "Company name", "客户名称", "公司名称"),
        "territory": ("Sales Territory", "Territory Name", "区域"),
        "industry": ("Sector", "Account Industry", "行业"),
        "segment": ("Account Segment", "Company Segment", "Customer Segment"),
        "potential": ("Annual Revenue", "hs_annual_revenue", "年收入", "潜力", "业绩潜力"),
        "workload": ("工作量", "工时"),
        "latitude": ("Billing Latitude", "Lat"),
        "longitude": ("Billing Longitude", "Lng", "Lon", "Long"),
        "parent_id": (
            "Parent Account ID", "Parent Record ID", "Parent Company ID", "hs_parent_company_id",
        ),
        "current_rep": (
            "Owner Id", "Account Owner ID", "hubspot_owner_id", "Company owner", "Account Owner", "Owner", "负责人",
            "客户经理",
        ),
        "renewal_date": ("Renewal", "Next Renewal Date", "Contract End Date", "Contract Renewal Date"),
    },
    "reps": {
        "rep_id": (
            "Id", "User ID", "Owner Id", "Record ID", "hubspot_owner_id", "hs_object_id", "Sales Rep ID", "销售编号",
            "工号", "员工编号", "员工号",
        ),
        "name": ("Full Name", "User Name", "Owner name", "Sales Rep", "姓名"),
        "team": ("Sales Team", "Department", "Team name", "Primary Team", "团队", "部门"),
        "manager": ("Manager Id", "Manager Name", "Manager: Full Name"),
        "territories": ("Territory", "区域", "负责区域"),
        "quota": ("配额", "销售指标"),
        "capacity": ("产能", "可用工时"),
        "active": ("IsActive", "Is Active", "User Active"),
        "start_date": ("Hire Date", "Start"),
        "end_date": ("Termination Date", "End"),
        "skills": ("Skill",),
        "industries": ("Industry",),
        "segments": ("Segment",),
    },
    "history": {
        "customer_id": (
            "Account Id", "Company ID", "Associated Company ID", "Associated Company IDs", "Primary Company ID",
            "Associated Company IDs (Primary)", "客户编号", "客户ID",
        ),
        "rep_id": (
            "Owner Id", "Opportunity Owner ID", "hubspot_owner_id", "Deal owner", "Opportunity Owner", "Sales Rep ID",
            "销售编号", "工号", "负责人",
        ),
        "date": ("Close Date", "Closed Date", "Activity Date", "日期"),
        "kind": ("Type", "Deal Type", "Activity Type"),
        "outcome": ("Stage Name", "Stage", "Deal Stage", "Status", "阶段", "状态", "结果"),
        "amount": ("Deal Amount", "Closed Amount", "金额"),
        "feedback": ("Satisfaction", "NPS", "CSAT"),
    },
}  # fmt: skip
"""By table and field: other names of the column."""

COUNTRY = ("Billing Country", "Country", "Country/Region")
STATE = ("Billing State", "State", "State/Region", "Billing State/Province")
"""Together, where the customers have no territory, the territory ``Country/State``."""

FIRST_NAME, LAST_NAME = ("First Name",), ("Last Name",)
IS_WON, IS_CLOSED = ("IsWon", "Is Won", "Won", "Is Closed Won"), ("IsClosed", "Closed", "Is closed")
