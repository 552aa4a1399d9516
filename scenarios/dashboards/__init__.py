"""CloudWatch's dashboards: what their text says, and what is drawn of it. Knows neither moto nor cloud/."""
