"""What the desk fills in about an article. The actions decide; a form only reads."""

from typing import Any

from django import forms

from accounts.models import User
from catalog.models import Site
from knowledge.actions import MAX_BODY, Text
from knowledge.models import Article, ArticleKind

AUDIENCES = [("internal", "Internal: only the desk"), ("public", "Public: anybody, in the help centre")]
USUAL = ("", "As usual for its kind (FAQ and how-to: public; the others: internal)")


class ArticleForm(forms.Form):
    """Cleans to `text()`. `seen` is the version that was opened, "0" for a new article."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, initial=0)
    title = forms.CharField(max_length=200)
    summary = forms.CharField(
        max_length=300,
        required=False,
        help_text="One or two sentences: shown in lists and suggestions. Its words are what suggestions look for.",
    )
    body = forms.CharField(label="Text", max_length=MAX_BODY, widget=forms.Textarea, help_text="Markdown.")
    kind = forms.ChoiceField(choices=ArticleKind.choices, initial=ArticleKind.HOW_TO)
    audience = forms.ChoiceField(choices=[USUAL, *AUDIENCES], required=False)
    site = forms.ModelChoiceField(Site.objects.all(), required=False, empty_label="Every site")
    tags = forms.CharField(max_length=900, required=False, help_text="Separate them by commas.")
    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Whoever writes it")
    review_on = forms.DateField(
        label="Review on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="When somebody should look whether it is still true.",
    )

    def __init__(self, *args: Any, article: Article | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner, audience = self.fields["owner"], self.fields["audience"]
        assert isinstance(owner, forms.ModelChoiceField) and isinstance(audience, forms.ChoiceField)
        owner.queryset = User.objects.desk()
        if article is None:
            return
        audience.choices, audience.required = AUDIENCES, True
        owner.queryset = User.objects.desk() | User.objects.filter(pk=article.owner_id)  # also one who has left
        owner.empty_label = None if article.owner_id else "Nobody"
        names = ("title", "summary", "body", "kind", "site", "owner", "review_on")
        given = {name: getattr(article, name) for name in names}
        given |= {"seen": article.version, "tags": ", ".join(article.tags)}
        given["audience"] = "public" if article.is_public else "internal"
        self.initial = {**given, **self.initial}

    def text(self) -> Text:
        """What was written. Call it on a valid form."""
        data = self.cleaned_data
        return Text(
            title=data["title"],
            summary=data["summary"],
            body=data["body"],
            kind=data["kind"],
            is_public={"public": True, "internal": False}.get(data["audience"]),
            site=data["site"],
            tags=data["tags"].split(","),
            owner=data["owner"],
            review_on=data["review_on"],
        )
